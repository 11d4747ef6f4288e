#include "tools/replay/comparison.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/isfinite.h>

#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace unclip::replay {

StageReport& Comparison::ReportOf(const std::string& stage) {
  for (StageReport& report : reports_) {
    if (report.stage == stage) return report;
  }
  StageReport& report = reports_.emplace_back();
  report.stage = stage;
  return report;
}

void Comparison::Add(const std::string& stage, const std::string& tensor, const at::Tensor& actual, const at::Tensor& expected,
                     double tolerance) {
  StageReport& report = ReportOf(stage);
  ++report.comparison_count;
  double absolute = std::numeric_limits<double>::infinity();
  double relative = absolute;
  if (actual.sizes() == expected.sizes() && at::isfinite(actual).all().item<bool>()) {
    const at::Tensor reference = expected.cpu().to(at::kDouble);
    absolute = (actual.cpu().to(at::kDouble) - reference).abs().max().item<double>();
    relative = absolute / std::max(reference.abs().max().item<double>(), std::numeric_limits<double>::min());
  }
  if (report.worst.empty() || relative > report.largest_relative) report.worst = tensor;
  report.largest_absolute = std::max(report.largest_absolute, absolute);
  report.largest_relative = std::max(report.largest_relative, relative);
  report.passed = report.passed && relative <= tolerance;
}

void Comparison::AddPictures(const std::string& stage, const at::Tensor& actual, const at::Tensor& expected, bool must_pass) {
  StageReport& report = ReportOf(stage);
  ++report.comparison_count;
  report.worst = "image";
  if (actual.sizes() != expected.sizes()) {
    report.passed = false;
    report.note = "the sizes differ";
    return;
  }
  const at::Tensor difference = (actual.cpu().to(at::kDouble) - expected.to(at::kDouble)).abs();
  const double mean = difference.mean().item<double>();
  const double near_share = (difference <= kPictureNearDistance).to(at::kDouble).mean().item<double>();
  report.largest_absolute = difference.max().item<double>();
  report.largest_relative = report.largest_absolute / expected.abs().max().item<double>();
  report.note = absl::StrFormat("mean %.5f/255, %.3f%% within 1/255", mean * 255, near_share * 100);
  // Written so that a not-a-number fails.
  const bool agrees = mean <= kPictureMeanTolerance && near_share >= kPictureNearShare;
  if (!must_pass) absl::StrAppend(&report.note, " (not held to float32's tolerance)");
  report.passed = agrees || !must_pass;
}

void Comparison::AddEquality(const std::string& stage, const std::string& what, bool equal) {
  StageReport& report = ReportOf(stage);
  ++report.comparison_count;
  if (equal) return;
  report.passed = false;
  report.note = absl::StrCat(what, " differ");
}

bool Comparison::passed() const {
  return std::all_of(reports_.begin(), reports_.end(), [](const StageReport& report) { return report.passed; });
}

std::string Comparison::ToTable() const {
  std::string table = absl::StrFormat("%-26s %6s  %12s  %12s  %-4s  %s\n", "stage", "calls", "max abs", "max rel", "", "worst");
  for (const StageReport& report : reports_) {
    absl::StrAppendFormat(&table, "%-26s %6d  %12.3e  %12.3e  %-4s  %s%s%s\n", report.stage, report.comparison_count,
                          report.largest_absolute, report.largest_relative, report.passed ? "ok" : "FAIL", report.worst,
                          report.note.empty() ? "" : "  ", report.note);
  }
  return table;
}

}  // namespace unclip::replay
