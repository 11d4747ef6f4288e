// Differences between what the reference computed and what this code computes.
#ifndef UNCLIP_TOOLS_REPLAY_COMPARISON_H_
#define UNCLIP_TOOLS_REPLAY_COMPARISON_H_

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

namespace unclip::replay {

// What passes as equal.
struct Tolerance {
  double module_relative = 0;     // largest difference of a network's output, over the output's largest value
  double scheduler_relative = 0;  // the same for a scheduler step
  bool checks_pictures = true;    // whether whole pictures must agree (they do not where weights are rounded)
};

// Whole pictures: a value near the clamp of the first, 20,000-fold amplified estimate may differ by chance, so the mean and the
// share of values that agree count, not the maximum.
inline constexpr double kPictureMeanTolerance = 0.1 / 255;
inline constexpr double kPictureNearDistance = 1.0 / 255;
inline constexpr double kPictureNearShare = 0.995;

// One stage's line in the report: the worst of its calls.
struct StageReport {
  std::string stage;  // "prior", "decoder scheduler", "picture"
  int comparison_count = 0;
  double largest_absolute = 0;
  double largest_relative = 0;
  std::string worst;  // which tensor that was
  std::string note;   // what else there is to say
  bool passed = true;
};

// Gathers comparisons by stage, in the order in which stages first appear. What is compared may be on any device. Not
// thread-safe.
class Comparison {
 public:
  // Compares element by element and keeps the worst; `tolerance` is relative to the largest value of `expected`. Differing shapes
  // and values that are not finite fail.
  void Add(const std::string& stage, const std::string& tensor, const at::Tensor& actual, const at::Tensor& expected,
           double tolerance);

  // Compares whole pictures [N, H, W, 3] in 0..1.
  void AddPictures(const std::string& stage, const at::Tensor& actual, const at::Tensor& expected, bool must_pass);

  // A comparison without numbers, such as of token ids.
  void AddEquality(const std::string& stage, const std::string& what, bool equal);

  const std::vector<StageReport>& reports() const { return reports_; }
  bool passed() const;

  // An aligned table, one line a stage.
  std::string ToTable() const;

 private:
  StageReport& ReportOf(const std::string& stage);

  std::vector<StageReport> reports_;
};

}  // namespace unclip::replay

#endif  // UNCLIP_TOOLS_REPLAY_COMPARISON_H_
