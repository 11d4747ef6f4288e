#include "tools/generation_report.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace unclip {
namespace {

using testing::AllOf;
using testing::HasSubstr;

SavedImage Picture() {
  SavedImage saved;
  saved.file = "out/a.png";
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
      R"pb(
        image {
          format: IMAGE_FORMAT_PNG
          size { width_px: 256 height_px: 128 }
          data: "PNG"
        }
        index: 1
        seed: 18446744073709551615
        similarity: 0.75
        candidate_similarities: [ 0.5, 0.75 ]
        candidate_index: 1
        resized_from { width_px: 128 height_px: 64 }
        timings {
          stage: STAGE_PRIOR
          queue_duration { nanos: 250000000 }
          run_duration { seconds: 1 nanos: 500000000 }
        }
        timings {
          stage: STAGE_SUPER_RES
          queue_duration { seconds: 1 }
          run_duration { seconds: 2 }
        }
        timings {
          stage: STAGE_SUPER_RES
          run_duration { seconds: 3 }
        }
        total_duration { seconds: 8 }
      )pb",
      &saved.image));
  return saved;
}

gateway::v1::GenerationSummary Summary() {
  gateway::v1::GenerationSummary summary;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
      R"pb(
        warnings { code: CODE_IMAGE_RESIZED message: "resampled" }
        request_id: "r1"
      )pb",
      &summary));
  return summary;
}

TEST(JsonReportTest, HoldsEveryField) {
  const std::string text = JsonReport({Picture()}, Summary());
  EXPECT_EQ(text.find('\n'), std::string::npos);
  const auto expected = nlohmann::json::parse(R"json({
    "images": [{
      "file": "out/a.png", "index": 1, "seed": 18446744073709551615, "width": 256, "height": 128, "similarity": 0.75,
      "candidate_similarities": [0.5, 0.75], "candidate_index": 1, "resized_from": {"width": 128, "height": 64},
      "timings_seconds": {"prior": 1.5, "super_res": 5.0}, "queue_seconds": 1.25, "total_seconds": 8.0
    }],
    "warnings": [{"code": "IMAGE_RESIZED", "message": "resampled"}],
    "request_id": "r1"
  })json");
  EXPECT_EQ(nlohmann::json::parse(text), expected);
}

TEST(JsonReportTest, SaysNullAndEmptyWhereNothingIs) {
  SavedImage saved;
  saved.file = "a\xff.png";  // file names need not be UTF-8
  const auto json = nlohmann::json::parse(JsonReport({saved}, {}));
  EXPECT_TRUE(json["images"][0]["resized_from"].is_null());
  EXPECT_TRUE(json["images"][0]["candidate_similarities"].is_array());
  EXPECT_TRUE(json["images"][0]["timings_seconds"].is_object());
  EXPECT_TRUE(json["warnings"].is_array());
  EXPECT_EQ(json["images"][0]["file"], "a\uFFFD.png");
}

TEST(TextReportTest, TellsFileSeedSimilarityAndStageTimes) {
  EXPECT_THAT(TextReport({Picture()}, Summary()),
              AllOf(HasSubstr("out/a.png\n"), HasSubstr("size 256x128, resized from 128x64, seed 18446744073709551615"),
                    HasSubstr("similarity 0.750, candidate 2 of 2 (0.500, 0.750)"), HasSubstr("prior        1.500 s"),
                    HasSubstr("total        8.000 s (waiting 1.250 s)"), HasSubstr("warning: resampled\n")));
}

}  // namespace
}  // namespace unclip
