#include "services/decoder/unet_config.h"

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/status_matchers.h"

namespace unclip::decoder {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr char kCheckpoint[] = "tests/goldens/odd-shapes/text-to-image/";

json ReadJson(const fs::path& path) { return json::parse(std::ifstream(path)); }

// A component folder that holds nothing but `config`.
std::string WriteComponent(const json& config) {
  const fs::path dir = fs::path(testing::TempDir()) / "component";
  fs::create_directories(dir);
  std::ofstream(dir / "config.json") << config.dump();
  return dir.string();
}

class UnetConfigTest : public testing::Test {
 protected:
  json base_ = ReadJson(fs::path(kCheckpoint) / "decoder/config.json");
  json upsampler_ = ReadJson(fs::path(kCheckpoint) / "super_res_first/config.json");

  absl::Status ReadBaseWith(const std::string& key, const json& value) {
    base_[key] = value;
    return ReadBaseUnetConfig(WriteComponent(base_)).status();
  }
  absl::Status ReadUpsamplerWith(const std::string& key, const json& value) {
    upsampler_[key] = value;
    return ReadUpsamplerUnetConfig(WriteComponent(upsampler_)).status();
  }
};

TEST_F(UnetConfigTest, TakesEverySizeFromTheFile) {
  ASSERT_OK_AND_ASSIGN(const UnetConfig config, ReadBaseUnetConfig(WriteComponent(base_)));
  EXPECT_THAT(config.block_out_channels, ElementsAre(24, 36));
  EXPECT_THAT(config.down_has_attention, ElementsAre(false, true));
  EXPECT_THAT(config.up_has_attention, ElementsAre(true, false));
  EXPECT_EQ(config.sample_size, 12);
  EXPECT_EQ(config.attention_head_dim, 6);
  EXPECT_EQ(config.norm_num_groups, 6);
  EXPECT_EQ(config.time_embedding_dim, 96);
  EXPECT_TRUE(config.scale_shift);
  ASSERT_OK_AND_ASSIGN(const UnetConfig upsampler, ReadUpsamplerUnetConfig(WriteComponent(upsampler_)));
  EXPECT_EQ(upsampler.sample_size, 36);
  EXPECT_FALSE(upsampler.has_class_labels);
}

TEST_F(UnetConfigTest, RefusesByNameWhatIsNotImplemented) {
  const std::vector<std::pair<std::string, json>> base = {
      {"act_fn", "mish"},
      {"center_input_sample", true},
      {"class_embed_type", "timestep"},
      {"conv_in_kernel", 5},
      {"encoder_hid_dim", 768},
      {"addition_embed_type", "text"},
      {"only_cross_attention", true},
      {"resnet_skip_time_act", true},
      {"cross_attention_norm", "layer_norm"},
      {"time_embedding_type", "fourier"},
      {"resnet_out_scale_factor", 2},
      {"mid_block_type", "UNetMidBlock2DCrossAttn"},
      {"down_block_types", {"ResnetDownsampleBlock2D", "CrossAttnDownBlock2D"}},
      {"an_option_of_tomorrow", 1}};
  for (const auto& [key, value] : base) {
    const json original = base_;
    EXPECT_THAT(ReadBaseWith(key, value),
                StatusIs(absl::StatusCode::kInvalidArgument, AllOf(HasSubstr(key), HasSubstr("config.json"))))
        << key;
    base_ = original;
  }
  for (const auto& [key, value] :
       std::vector<std::pair<std::string, json>>{{"add_attention", true},
                                                 {"class_embed_type", "identity"},
                                                 {"up_block_types", {"UpBlock2D", "UpBlock2D", "UpBlock2D"}}}) {
    const json original = upsampler_;
    EXPECT_THAT(ReadUpsamplerWith(key, value), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(key))) << key;
    upsampler_ = original;
  }
}

TEST_F(UnetConfigTest, RefusesSizesThatCannotBe) {
  for (const auto& [key, value] : std::vector<std::pair<std::string, json>>{{"norm_num_groups", 7},
                                                                            {"attention_head_dim", 7},
                                                                            {"sample_size", 13},
                                                                            {"sample_size", 1000000000},
                                                                            {"layers_per_block", 0},
                                                                            {"layers_per_block", 1000000000},
                                                                            {"block_out_channels", {24}},
                                                                            {"block_out_channels", {24, 1000000000}},
                                                                            {"block_out_channels", json::array()},
                                                                            {"norm_eps", -1}}) {
    const json original = base_;
    EXPECT_THAT(ReadBaseWith(key, value), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("config.json"))) << key << value;
    base_ = original;
  }
}

}  // namespace
}  // namespace unclip::decoder
