#include "model/weights/config_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status_matchers.h"
#include "model/weights/test_files.h"

namespace unclip::model {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

ConfigReader Reader(absl::string_view text) {
  absl::StatusOr<ConfigReader> reader = ConfigReader::Parse(text, "c.json");
  EXPECT_OK(reader);
  return *std::move(reader);
}

TEST(ConfigReaderTest, ReadsEveryKindOfValue) {
  ConfigReader reader = Reader(
      R"({"int":3,"double":0.5,"whole":2,"bool":true,"text":"silu","ints":[1,2],"doubles":[0.5,1],"texts":["a","b"],"null":null,"_note":{}})");
  EXPECT_EQ(reader.Int("int", 0, 9), 3);
  EXPECT_EQ(reader.Double("double", 0, 1), 0.5);
  EXPECT_EQ(reader.Double("whole", 0, 2), 2.0);
  EXPECT_TRUE(reader.Bool("bool"));
  EXPECT_EQ(reader.String("text"), "silu");
  EXPECT_THAT(reader.IntList("ints", 1, 2), ElementsAre(1, 2));
  EXPECT_THAT(reader.DoubleList("doubles", 0, 1), ElementsAre(0.5, 1.0));
  EXPECT_THAT(reader.StringList("texts"), ElementsAre("a", "b"));
  EXPECT_EQ(reader.OptionalInt("null", 0, 9), std::nullopt);
  EXPECT_OK(reader.Finish());
}

TEST(ConfigReaderTest, GivesTheFallbackForAnAbsentOption) {
  ConfigReader reader = Reader("{}");
  EXPECT_EQ(reader.Int("a", 0, 9, 4), 4);
  EXPECT_EQ(reader.OptionalInt("a", 0, 9), std::nullopt);
  EXPECT_EQ(reader.OptionalDouble("a", 0, 9), std::nullopt);
  EXPECT_EQ(reader.Double("a", 0, 1, 0.25), 0.25);
  EXPECT_TRUE(reader.Bool("a", true));
  EXPECT_EQ(reader.String("a", "x"), "x");
  EXPECT_EQ(reader.Choice("a", {"x", "y"}, "y"), "y");
  EXPECT_THAT(reader.IntList("a", 0, 9, std::vector<int64_t>{5}), ElementsAre(5));
  EXPECT_THAT(reader.DoubleList("a", 0, 9, std::vector<double>{1.5}), ElementsAre(1.5));
  EXPECT_THAT(reader.StringList("a", std::vector<std::string>{"z"}), ElementsAre("z"));
  reader.Expect("a", {nullptr, 1}, nullptr);
  EXPECT_OK(reader.Finish());
}

TEST(ConfigReaderTest, RefusesAnAbsentOptionWithoutFallback) {
  ConfigReader reader = Reader("{}");
  EXPECT_EQ(reader.Int("num_layers", 1, 9), 1);
  EXPECT_THAT(reader.IntList("more", 1, 9), IsEmpty());
  EXPECT_THAT(reader.Finish(), StatusIs(kInvalid, "c.json: option \"num_layers\" is missing"));
}

TEST(ConfigReaderTest, RefusesNumbersOutOfRangeAndOfAnotherType) {
  for (const absl::string_view value :
       {"0", "10", "-3", "2.0", "2.5", "\"2\"", "true", "null", "[2]", "{}", "18446744073709551615", "1e30"}) {
    ConfigReader reader = Reader(absl::StrCat("{\"n\":", value, "}"));
    EXPECT_EQ(reader.Int("n", 1, 9), 1);
    EXPECT_THAT(reader.Finish(),
                StatusIs(kInvalid, AllOf(HasSubstr("c.json: option \"n\" = "), HasSubstr("must be a whole number from 1 to 9"))))
        << value;
  }
  ConfigReader limits = Reader(R"({"n":1000000000})");
  limits.Int("n", 1, 65536);
  EXPECT_THAT(limits.Finish(), StatusIs(kInvalid, HasSubstr("option \"n\" = 1000000000 must be a whole number from 1 to 65536")));
}

TEST(ConfigReaderTest, RefusesRealsOutOfRangeAndOfAnotherType) {
  for (const absl::string_view value : {"0", "-0.5", "1.5", "\"0.5\"", "null", "false"}) {
    ConfigReader reader = Reader(absl::StrCat("{\"x\":", value, "}"));
    reader.Double("x", 0.1, 1);
    EXPECT_THAT(reader.Finish(), StatusIs(kInvalid, HasSubstr("must be a number from 0.1 to 1"))) << value;
  }
}

TEST(ConfigReaderTest, HoldsOptionalNumbersToTheirRange) {
  ConfigReader reader = Reader(R"({"n":0})");
  EXPECT_EQ(reader.OptionalInt("n", 1, 9), std::nullopt);
  EXPECT_THAT(reader.Finish(), StatusIs(kInvalid, HasSubstr("must be null or a whole number from 1 to 9")));
  ConfigReader real = Reader(R"({"n":2})");
  EXPECT_EQ(real.OptionalDouble("n", 0, 1), std::nullopt);
  EXPECT_THAT(real.Finish(), StatusIs(kInvalid, HasSubstr("must be null or a number from 0 to 1")));
}

TEST(ConfigReaderTest, RefusesOtherTypesOfBooleansTextsAndLists) {
  ConfigReader boolean = Reader(R"({"a":1})");
  boolean.Bool("a");
  EXPECT_THAT(boolean.Finish(), StatusIs(kInvalid, HasSubstr("option \"a\" = 1 must be true or false")));
  ConfigReader text = Reader(R"({"a":1})");
  text.String("a", "x");
  EXPECT_THAT(text.Finish(), StatusIs(kInvalid, HasSubstr("must be a text")));
  for (const absl::string_view value : {"[]", "1", "[1,\"a\"]", "[0]", "[[1]]", "null"}) {
    ConfigReader list = Reader(absl::StrCat("{\"a\":", value, "}"));
    EXPECT_THAT(list.IntList("a", 1, 9), IsEmpty());
    EXPECT_THAT(list.Finish(), StatusIs(kInvalid, HasSubstr("must be a list of 1 to 1000 whole numbers from 1 to 9"))) << value;
  }
  ConfigReader texts = Reader(R"({"a":["x",1]})");
  EXPECT_THAT(texts.StringList("a"), IsEmpty());
  EXPECT_THAT(texts.Finish(), StatusIs(kInvalid, HasSubstr("must be a list of 1 to 1000 texts")));
}

TEST(ConfigReaderTest, RefusesHugeLists) {
  std::string values = "1";
  for (size_t i = 0; i < ConfigReader::kMaxListSize; ++i) values += ",1";
  ConfigReader reader = Reader(absl::StrCat("{\"a\":[", values, "]}"));
  EXPECT_THAT(reader.IntList("a", 1, 9), IsEmpty());
  EXPECT_THAT(reader.Finish(), StatusIs(kInvalid, HasSubstr("list of 1 to 1000")));
  EXPECT_LT(reader.status().message().size(), 400u);
}

TEST(ConfigReaderTest, RefusesAChoiceThatIsNotImplemented) {
  ConfigReader reader = Reader(R"({"act_fn":"mish"})");
  reader.Choice("act_fn", {"silu", "gelu"});
  EXPECT_THAT(reader.Finish(),
              StatusIs(kInvalid, "c.json: option \"act_fn\" = \"mish\" is not implemented; implemented: silu, gelu"));
}

TEST(ConfigReaderTest, HoldsExpectedOptionsToTheirValues) {
  ConfigReader accepted = Reader(R"({"a":null,"b":1.0,"c":[1,2]})");
  accepted.Expect("a", {nullptr, "x"}, "x");
  accepted.Expect("b", {1}, 1);
  accepted.Expect("c", {ConfigReader::Json::array({1, 2})}, nullptr);
  EXPECT_OK(accepted.Finish());
  ConfigReader refused = Reader(R"({"a":false})");
  refused.Expect("a", {nullptr, "x"}, nullptr);
  EXPECT_THAT(refused.Finish(), StatusIs(kInvalid, "c.json: option \"a\" = false is not implemented; implemented: null, \"x\""));
}

TEST(ConfigReaderTest, HoldsTheDefaultOfAnAbsentOptionToItsValues) {
  ConfigReader reader = Reader("{}");
  reader.Expect("a", {1, 2}, 3);
  EXPECT_THAT(reader.Finish(),
              StatusIs(kInvalid, AllOf(HasSubstr("\"a\" is absent, which means 3"), HasSubstr("implemented: 1, 2"))));
}

TEST(ConfigReaderTest, NamesAnOptionThatNothingRead) {
  for (const absl::string_view value : {"7", "null", "false", "\"none\"", "{}", "{\"x\":1}"}) {
    ConfigReader reader = Reader(absl::StrCat("{\"known\":1,\"novel\":", value, "}"));
    reader.Int("known", 0, 9);
    EXPECT_THAT(reader.Finish(), StatusIs(kInvalid, absl::StrCat("c.json: option \"novel\" = ", value, " is not implemented")));
  }
}

TEST(ConfigReaderTest, IgnoresWhatItIsToldToIgnore) {
  ConfigReader reader = Reader(R"({"a":{"x":1},"_class_name":"C","_x":3})");
  reader.Ignore("a");
  reader.Ignore("absent");
  EXPECT_OK(reader.Finish());
}

TEST(ConfigReaderTest, IgnoresAFeatureOnlyWhereItIsOff) {
  for (const absl::string_view value : {"null", "false", "0", "0.0", "\"\"", "\"none\"", "[]", "{}"}) {
    ConfigReader reader = Reader(absl::StrCat("{\"a\":", value, "}"));
    reader.IgnoreWhenDisabled("a");
    EXPECT_OK(reader.Finish()) << value;
  }
  for (const absl::string_view value : {"true", "1", "\"x\"", "[0]", "-1"}) {
    ConfigReader reader = Reader(absl::StrCat("{\"a\":", value, "}"));
    reader.IgnoreWhenDisabled("a");
    EXPECT_THAT(reader.Finish(), StatusIs(kInvalid, HasSubstr("is not implemented"))) << value;
  }
  ConfigReader absent = Reader("{}");
  absent.IgnoreWhenDisabled("a");
  EXPECT_OK(absent.Finish());
}

TEST(ConfigReaderTest, ReachesIntoObjects) {
  ConfigReader reader = Reader(R"({"size":{"height":3,"width":4}})");
  EXPECT_TRUE(reader.IsObject("size"));
  EXPECT_FALSE(reader.IsObject("size.height"));
  EXPECT_TRUE(reader.Has("size.height"));
  EXPECT_FALSE(reader.Has("size.depth"));
  EXPECT_EQ(reader.Int("size.height", 1, 9), 3);
  EXPECT_EQ(reader.Int("size.width", 1, 9), 4);
  EXPECT_OK(reader.Finish());
}

TEST(ConfigReaderTest, NamesAnOptionInsideAnObjectThatNothingRead) {
  ConfigReader reader = Reader(R"({"size":{"height":3,"depth":4}})");
  reader.Int("size.height", 1, 9);
  EXPECT_THAT(reader.Finish(), StatusIs(kInvalid, HasSubstr("\"size.depth\" = 4")));
}

TEST(ConfigReaderTest, KeepsTheFirstError) {
  ConfigReader reader = Reader(R"({"a":-1,"b":-2,"c":7})");
  reader.Int("a", 0, 9);
  reader.Int("b", 0, 9);
  EXPECT_EQ(reader.Int("c", 0, 9, 5), 5);  // an error before: the fallback
  reader.Check(false, "c", "is wrong");
  EXPECT_THAT(reader.Finish(), StatusIs(kInvalid, HasSubstr("\"a\" = -1")));
}

TEST(ConfigReaderTest, RecordsRulesBetweenOptions) {
  ConfigReader reader = Reader(R"({"heads":3,"width":20})");
  const int64_t heads = reader.Int("heads", 1, 99);
  const int64_t width = reader.Int("width", 1, 99);
  reader.Check(true, "width", "is never wrong");
  reader.Check(width % heads == 0, "heads", absl::StrCat("must divide width (", width, ")"));
  EXPECT_THAT(reader.Finish(), StatusIs(kInvalid, "c.json: option \"heads\" = 3 must divide width (20)"));
}

TEST(ConfigReaderTest, HoldsTheClassToItsName) {
  ConfigReader right = Reader(R"({"_class_name":"UNet2DModel"})");
  right.ExpectClass("UNet2DModel");
  EXPECT_OK(right.Finish());
  ConfigReader absent = Reader("{}");
  absent.ExpectClass("UNet2DModel");
  EXPECT_OK(absent.Finish());
  ConfigReader wrong = Reader(R"({"_class_name":"VQModel"})");
  wrong.ExpectClass("UNet2DModel");
  EXPECT_THAT(wrong.Finish(), StatusIs(kInvalid, HasSubstr("\"VQModel\" must be \"UNet2DModel\" here")));
}

TEST(ConfigReaderTest, KeepsErrorsToOneShortLine) {
  ConfigReader reader = Reader(absl::StrCat(R"({"a\nb":")", std::string(5000, 'x'), R"(\n"})"));
  const absl::Status status = reader.Finish();
  EXPECT_THAT(status, StatusIs(kInvalid, Not(HasSubstr("\n"))));
  EXPECT_LT(status.message().size(), 300u);
}

TEST(ConfigReaderTest, ReadsAFileAndNamesIt) {
  const std::string path = WriteTestFile(MakeTestDir() + "/config.json", R"({"a":1})");
  ASSERT_OK_AND_ASSIGN(ConfigReader reader, ConfigReader::Open(path));
  EXPECT_THAT(reader.Finish(), StatusIs(kInvalid, HasSubstr(path + ": option \"a\"")));
  EXPECT_THAT(ConfigReader::Open(path + "x"), StatusIs(absl::StatusCode::kNotFound, HasSubstr(path + "x")));
  EXPECT_THAT(ConfigReader::Open(WriteTestFile(path, "{")), StatusIs(kInvalid, HasSubstr("not valid JSON")));
}

}  // namespace
}  // namespace unclip::model
