#include "services/prior/autoregressive_config.h"

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "base/status_matchers.h"

namespace unclip::prior {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;

json Whole() {
  return {{"_class_name", "UnclipAutoregressivePrior"},
          {"num_attention_heads", 4},
          {"attention_head_dim", 32},
          {"num_layers", 5},
          {"embedding_dim", 128},
          {"num_embeddings", 24},
          {"num_components", 64},
          {"num_buckets", 256},
          {"num_dot_product_buckets", 16}};
}

absl::StatusOr<AutoregressiveConfig> ReadFrom(const json& config) {
  const fs::path dir = fs::path(testing::TempDir()) / "prior_autoregressive";
  fs::create_directories(dir);
  std::ofstream(dir / "config.json") << config.dump();
  return ReadAutoregressiveConfig(dir.string());
}

TEST(AutoregressiveConfigTest, CountsItsTokens) {
  ASSERT_OK_AND_ASSIGN(const AutoregressiveConfig config, ReadFrom(Whole()));
  EXPECT_EQ(config.inner_dim(), 128);
  EXPECT_EQ(config.prefix_token_count(), 26);
  EXPECT_EQ(config.token_count(), 26 + 63);
}

TEST(AutoregressiveConfigTest, NamesWhatIsWrong) {
  for (const auto& [key, value] : std::vector<std::pair<std::string, json>>{{"num_components", 129},
                                                                            {"num_components", 0},
                                                                            {"num_buckets", 1},
                                                                            {"num_dot_product_buckets", 15},
                                                                            {"num_layers", 1000000000},
                                                                            {"attention_head_dim", "wide"},
                                                                            {"embedding_dim", nullptr},
                                                                            {"an_option_of_tomorrow", true}}) {
    json config = Whole();
    config[key] = value;
    EXPECT_THAT(ReadFrom(config), StatusIs(absl::StatusCode::kInvalidArgument, AllOf(HasSubstr(key), HasSubstr("config.json"))));
  }
}

TEST(AutoregressiveConfigTest, WantsEveryOption) {
  const json whole = Whole();
  for (const auto& [key, value] : whole.items()) {
    if (key == "_class_name") continue;
    json config = Whole();
    config.erase(key);
    EXPECT_THAT(ReadFrom(config), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(key))) << value;
  }
}

TEST(AutoregressiveConfigTest, RefusesAnotherClass) {
  json config = Whole();
  config["_class_name"] = "PriorTransformer";
  EXPECT_THAT(ReadFrom(config), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("UnclipAutoregressivePrior")));
}

}  // namespace
}  // namespace unclip::prior
