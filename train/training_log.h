// What a training run tells: a line on the terminal and a table to plot.
#ifndef UNCLIP_TRAIN_TRAINING_LOG_H_
#define UNCLIP_TRAIN_TRAINING_LOG_H_

#include <cstdint>
#include <fstream>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "train/held_out.h"
#include "train/train_metrics.h"

namespace unclip::train {

// Not thread-safe.
class TrainingLog {
 public:
  // Lines go to `out` no more often than every `interval`; each of them also becomes a row of the table at `csv_path`, to which a
  // run that is taken up again appends. The columns are those of the first row. `out` and `clock` must outlive it. What the
  // operating system says when the table cannot be opened. `metrics`, if not null, are kept up with it, and must outlive it.
  static absl::StatusOr<std::unique_ptr<TrainingLog>> Open(std::ostream& out, const std::string& csv_path, const Clock& clock,
                                                           absl::Duration interval, TrainMetrics* metrics = nullptr);

  void Say(absl::string_view message);

  // Step `step` of `steps` was done on `pictures` pictures; `seconds_waited` is what the run has waited for data so far.
  void Stepped(int64_t step, int64_t steps, int64_t pictures, const Figures& figures, double seconds_waited);

  void Validated(int64_t step, const Figures& figures);

 private:
  TrainingLog(std::ostream& out, std::ofstream csv, bool has_header, const Clock& clock, absl::Duration interval,
              TrainMetrics* metrics)
      : out_(out), csv_(std::move(csv)), has_header_(has_header), clock_(clock), interval_(interval), metrics_(metrics) {}

  // Sums up what was told since the last line.
  void Report(int64_t step, int64_t steps, const Figures& figures, double seconds, double seconds_waited);

  void WriteRow(int64_t step, const Figures& figures, double pictures_per_second);

  std::ostream& out_;
  std::ofstream csv_;
  bool has_header_;
  const Clock& clock_;
  const absl::Duration interval_;
  TrainMetrics* const metrics_;  // may be null
  // Since the last line.
  std::optional<absl::Duration> since_;
  int64_t steps_done_ = 0;
  int64_t pictures_done_ = 0;
  double waited_before_ = 0;
  std::vector<double> sums_;  // of each figure
};

}  // namespace unclip::train

#endif  // UNCLIP_TRAIN_TRAINING_LOG_H_
