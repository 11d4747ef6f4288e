#include "tools/progress_display.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tools/stage_name.h"

namespace unclip {
namespace {

constexpr int kBarWidth = 30;
constexpr char kEraseLine[] = "\r\033[K";

}  // namespace

ProgressDisplay::ProgressDisplay(ProgressStyle style, int image_count, const Clock& clock, std::ostream& out)
    : style_(style), image_count_(image_count), clock_(clock), out_(out), start_(clock.Now()) {}

void ProgressDisplay::Update(const gateway::v1::GenerationProgress& progress) {
  if (style_ == ProgressStyle::kLines) PrintLine(progress);
  if (style_ == ProgressStyle::kBar) DrawBar(progress);
}

void ProgressDisplay::Clear() {
  if (!bar_shown_) return;
  out_ << kEraseLine << std::flush;
  bar_shown_ = false;
}

void ProgressDisplay::PrintLine(const gateway::v1::GenerationProgress& progress) {
  const common::v1::StageProgress& stage = progress.progress();
  if (!begun_.insert({progress.image_index(), stage.stage()}).second) return;
  const std::string steps = stage.step_count() > 1 ? absl::StrCat(", ", stage.step_count(), " steps") : "";
  out_ << absl::StrFormat("picture %d of %d: %s%s (%.1f s)\n", progress.image_index() + 1, image_count_, StageName(stage.stage()),
                          steps, absl::ToDoubleSeconds(clock_.Now() - start_))
       << std::flush;
}

void ProgressDisplay::DrawBar(const gateway::v1::GenerationProgress& progress) {
  const common::v1::StageProgress& stage = progress.progress();
  // The comparison is written so that a NaN counts as 0.
  const double fraction = progress.fraction_done() > 0 ? std::min(progress.fraction_done(), 1.0) : 0.0;
  const int filled = static_cast<int>(fraction * kBarWidth);
  const std::string bar = std::string(filled, '#') + std::string(kBarWidth - filled, '.');
  const std::string picture =
      image_count_ > 1 ? absl::StrFormat("picture %d of %d ", progress.image_index() + 1, image_count_) : "";
  const double elapsed = absl::ToDoubleSeconds(clock_.Now() - start_);
  const std::string left = fraction > 0 ? absl::StrFormat("  %.0f s left", elapsed * (1 - fraction) / fraction) : "";
  out_ << kEraseLine
       << absl::StrFormat("[%s] %3.0f %%  %s%s %d/%d%s", bar, 100 * fraction, picture, StageName(stage.stage()), stage.step(),
                          stage.step_count(), left)
       << std::flush;
  bar_shown_ = true;
}

}  // namespace unclip
