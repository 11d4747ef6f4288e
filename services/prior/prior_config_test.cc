#include "services/prior/prior_config.h"

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/status_matchers.h"

namespace unclip::prior {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;

absl::StatusOr<PriorConfig> ReadFrom(const json& config) {
  const fs::path dir = fs::path(testing::TempDir()) / "prior";
  fs::create_directories(dir);
  std::ofstream(dir / "config.json") << config.dump();
  return ReadPriorConfig(dir.string());
}

TEST(PriorConfigTest, HasTheReferencesDefaults) {
  ASSERT_OK_AND_ASSIGN(const PriorConfig config, ReadFrom(json::object()));
  EXPECT_EQ(config.inner_dim(), 2048);
  EXPECT_EQ(config.num_layers, 20);
  EXPECT_EQ(config.embedding_dim, 768);
  EXPECT_EQ(config.token_count(), 81);
}

TEST(PriorConfigTest, AcceptsTheFirstPublishedForm) {
  EXPECT_OK(ReadFrom({{"_class_name", "PriorTransformer"},
                      {"additional_embeddings", 4},
                      {"attention_head_dim", 64},
                      {"dropout", 0.0},
                      {"embedding_dim", 768},
                      {"num_attention_heads", 32},
                      {"num_embeddings", 77},
                      {"num_layers", 20}}));
}

TEST(PriorConfigTest, RefusesByNameWhatIsNotImplemented) {
  for (const auto& [key, value] : std::vector<std::pair<std::string, json>>{{"added_emb_type", nullptr},
                                                                            {"norm_in_type", "layer"},
                                                                            {"encoder_hid_proj_type", nullptr},
                                                                            {"time_embed_act_fn", "gelu"},
                                                                            {"embedding_proj_norm_type", "layer"},
                                                                            {"embedding_proj_dim", 1024},
                                                                            {"additional_embeddings", 3},
                                                                            {"num_layers", -1},
                                                                            {"num_layers", 1000000000},
                                                                            {"attention_head_dim", "wide"},
                                                                            {"an_option_of_tomorrow", true}}) {
    EXPECT_THAT(ReadFrom({{key, value}}),
                StatusIs(absl::StatusCode::kInvalidArgument, AllOf(HasSubstr(key), HasSubstr("config.json"))));
  }
}

}  // namespace
}  // namespace unclip::prior
