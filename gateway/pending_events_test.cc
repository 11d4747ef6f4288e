#include "gateway/pending_events.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace unclip::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

v1::GenerationProgress Progress(int image_index, int step, bool preview = false) {
  v1::GenerationProgress progress;
  progress.set_image_index(image_index);
  progress.mutable_progress()->set_step(step);
  if (preview) progress.mutable_preview()->set_data("preview");
  return progress;
}

v1::GeneratedImage Image(int index) {
  v1::GeneratedImage image;
  image.set_index(index);
  return image;
}

// "p0.3" is step 3 of picture 0, "P0.3" the same with a preview, "i1" picture 1, "s" the summary.
std::vector<std::string> TakeAll(PendingEvents& events) {
  std::vector<std::string> taken;
  while (const std::optional<v1::StreamGenerateImageResponse> event = events.Take()) {
    if (event->has_progress()) {
      taken.push_back(absl::StrCat(event->progress().has_preview() ? "P" : "p", event->progress().image_index(), ".",
                                   event->progress().progress().step()));
    } else if (event->has_image()) {
      taken.push_back(absl::StrCat("i", event->image().index()));
    } else {
      taken.push_back(event->has_summary() ? "s" : "?");
    }
  }
  return taken;
}

TEST(PendingEventsTest, KeepsTheOrder) {
  PendingEvents events;
  events.AddProgress(Progress(0, 1));
  events.AddProgress(Progress(1, 1));
  events.AddImage(Image(1));
  events.AddProgress(Progress(0, 2));
  events.AddImage(Image(0));
  events.AddSummary({});
  EXPECT_THAT(TakeAll(events), ElementsAre("i1", "i0", "s"));
  EXPECT_FALSE(events.Take().has_value());
}

TEST(PendingEventsTest, SendsEverythingToAFastClient) {
  PendingEvents events;
  events.AddProgress(Progress(0, 1));
  EXPECT_THAT(TakeAll(events), ElementsAre("p0.1"));
  events.AddProgress(Progress(0, 2));
  EXPECT_THAT(TakeAll(events), ElementsAre("p0.2"));
}

TEST(PendingEventsTest, NewerProgressOfAPictureTakesTheOldersPlace) {
  PendingEvents events;
  events.AddProgress(Progress(0, 1));
  events.AddProgress(Progress(1, 1));
  events.AddProgress(Progress(0, 2));
  EXPECT_THAT(TakeAll(events), ElementsAre("p1.1", "p0.2"));
}

TEST(PendingEventsTest, ProgressDoesNotDisplaceAPreview) {
  PendingEvents events;
  events.AddProgress(Progress(0, 1, /*preview=*/true));
  events.AddProgress(Progress(0, 2));
  events.AddProgress(Progress(0, 3));
  EXPECT_THAT(TakeAll(events), ElementsAre("P0.1", "p0.3"));
}

TEST(PendingEventsTest, NewerPreviewTakesThePlaceOfAllBefore) {
  PendingEvents events;
  events.AddProgress(Progress(0, 1, /*preview=*/true));
  events.AddProgress(Progress(0, 2));
  events.AddProgress(Progress(0, 3, /*preview=*/true));
  EXPECT_THAT(TakeAll(events), ElementsAre("P0.3"));
}

TEST(PendingEventsTest, NeverDropsAPicture) {
  PendingEvents events;
  for (int i = 0; i < 10; ++i) events.AddImage(Image(i));
  EXPECT_THAT(TakeAll(events), SizeIs(10));
}

TEST(PendingEventsTest, HoldsABoundedNumberForAClientThatReadsNothing) {
  PendingEvents events;
  for (int step = 1; step <= 1000; ++step) {
    for (int image = 0; image < 10; ++image) events.AddProgress(Progress(image, step, step % 3 == 0));
  }
  EXPECT_THAT(TakeAll(events), SizeIs(20));
}

TEST(PendingEventsTest, HoldsNothingAfterClear) {
  PendingEvents events;
  events.AddImage(Image(0));
  events.Clear();
  EXPECT_FALSE(events.Take().has_value());
}

}  // namespace
}  // namespace unclip::gateway
