// Small files for tests of this folder and of what reads checkpoints.
#ifndef UNCLIP_MODEL_WEIGHTS_TEST_FILES_H_
#define UNCLIP_MODEL_WEIGHTS_TEST_FILES_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace unclip::model {

// A new empty folder of the running test's own.
inline std::string MakeTestDir() {
  const auto* const test = testing::UnitTest::GetInstance()->current_test_info();
  const std::filesystem::path dir =
      std::filesystem::path(testing::TempDir()) / absl::StrCat(test->test_suite_name(), ".", test->name());
  std::filesystem::remove_all(dir);
  std::filesystem::create_directories(dir);
  return std::filesystem::canonical(dir).string();
}

// Writes `bytes` to `path`, making its folders; returns `path`.
inline std::string WriteTestFile(const std::string& path, absl::string_view bytes) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  EXPECT_TRUE(file.good()) << path;
  return path;
}

// The bytes of a safetensors file with this header, be it sound or not, whose length is said to be `length`.
inline std::string SafetensorsBytes(absl::string_view header, absl::string_view data, uint64_t length) {
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes.push_back(static_cast<char>(length >> (8 * i)));
  return absl::StrCat(bytes, header, data);
}

inline std::string SafetensorsBytes(absl::string_view header, absl::string_view data) {
  return SafetensorsBytes(header, data, header.size());
}

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_WEIGHTS_TEST_FILES_H_
