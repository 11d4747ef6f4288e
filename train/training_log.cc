#include "train/training_log.h"

#include <filesystem>
#include <ostream>
#include <system_error>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace unclip::train {

absl::StatusOr<std::unique_ptr<TrainingLog>> TrainingLog::Open(std::ostream& out, const std::string& csv_path, const Clock& clock,
                                                               absl::Duration interval, TrainMetrics* metrics) {
  std::error_code error;
  const auto size = std::filesystem::file_size(csv_path, error);
  std::ofstream csv(csv_path, std::ios::app);
  if (!csv) return absl::UnavailableError(absl::StrCat(csv_path, ": cannot be written"));
  return absl::WrapUnique(new TrainingLog(out, std::move(csv), !error && size > 0, clock, interval, metrics));
}

void TrainingLog::Say(absl::string_view message) { out_ << message << std::endl; }

void TrainingLog::Stepped(int64_t step, int64_t steps, int64_t pictures, const Figures& figures, double seconds_waited) {
  const absl::Duration now = clock_.Now();
  if (!since_) {
    // The first step's time is not known, and is the longest of all.
    since_ = now;
    waited_before_ = seconds_waited;
    return;
  }
  sums_.resize(figures.size(), 0);
  for (size_t i = 0; i < figures.size(); ++i) sums_[i] += figures[i].second;
  ++steps_done_;
  pictures_done_ += pictures;
  if (now - *since_ < interval_ && step != steps) return;
  Report(step, steps, figures, absl::ToDoubleSeconds(now - *since_) + 1e-9, seconds_waited);
  since_ = now;
  steps_done_ = pictures_done_ = 0;
  waited_before_ = seconds_waited;
  sums_.clear();
}

void TrainingLog::Report(int64_t step, int64_t steps, const Figures& figures, double seconds, double seconds_waited) {
  const double rate = static_cast<double>(pictures_done_) / seconds;
  const absl::Duration left = absl::Seconds(seconds / static_cast<double>(steps_done_) * static_cast<double>(steps - step));
  std::string line = absl::StrFormat("step %d of %d", step, steps);
  Figures means = figures;
  for (size_t i = 0; i < means.size(); ++i) {
    means[i].second = sums_[i] / static_cast<double>(steps_done_);
    absl::StrAppendFormat(&line, "  %s %.4g", means[i].first, means[i].second);
  }
  absl::StrAppendFormat(&line, "  %.1f pictures/s  %s left", rate,
                        absl::FormatDuration(absl::Trunc(left, left > absl::Minutes(2) ? absl::Minutes(1) : absl::Seconds(1))));
  const double waited = seconds_waited - waited_before_;
  if (waited > 0.05 * seconds) absl::StrAppendFormat(&line, "  (%.0f %% of it waiting for data)", 100 * waited / seconds);
  Say(line);
  WriteRow(step, means, rate);
  if (metrics_ == nullptr) return;
  metrics_->steps.Set(static_cast<double>(steps));
  metrics_->step.Set(static_cast<double>(step));
  metrics_->pictures_total.Increment(static_cast<double>(pictures_done_));
  metrics_->pictures_per_second.Set(rate);
  metrics_->data_wait_seconds_total.Increment(waited);
  for (const auto& [name, value] : means) metrics_->figure.Add({{"run", metrics_->run}, {"name", name}}).Set(value);
}

void TrainingLog::WriteRow(int64_t step, const Figures& figures, double pictures_per_second) {
  if (!has_header_) {
    csv_ << "step,pictures_per_second";
    for (const auto& [name, value] : figures) csv_ << ',' << name;
    csv_ << '\n';
    has_header_ = true;
  }
  csv_ << absl::StrFormat("%d,%.2f", step, pictures_per_second);
  for (const auto& [name, value] : figures) csv_ << absl::StrFormat(",%.6g", value);
  csv_ << std::endl;
}

void TrainingLog::Validated(int64_t step, const Figures& figures) {
  std::string line = absl::StrFormat("validation at step %d", step);
  for (const auto& [name, value] : figures) absl::StrAppendFormat(&line, "  %s %.4g", name, value);
  Say(line);
  if (metrics_ != nullptr) {
    for (const auto& [name, value] : figures) metrics_->validation_score.Add({{"run", metrics_->run}, {"name", name}}).Set(value);
  }
  since_ = clock_.Now();  // the time it took is not training's
}

}  // namespace unclip::train
