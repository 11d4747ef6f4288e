// Writes the source that makes files part of a binary.
//
//   embed_files FILE... > embedded_files.cc
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"

namespace {

// As bytes, not as string literals, whose length compilers bound.
void WriteFile(absl::string_view content, int number) {
  std::cout << "constexpr unsigned char kFile" << number << "[] = {";
  for (size_t i = 0; i < content.size(); ++i) {
    if (i % 32 == 0) std::cout << "\n    ";
    std::cout << static_cast<int>(static_cast<unsigned char>(content[i])) << ",";
  }
  std::cout << "\n    0};\n";
}

}  // namespace

int main(int argc, char** argv) {
  std::cout
      << "// Written by embed_files.\n#include \"gateway/http/embedded_files.h\"\n\nnamespace unclip::gateway {\nnamespace {\n\n";
  std::string table;
  for (int i = 1; i < argc; ++i) {
    const std::string path = argv[i];
    std::ifstream file(path, std::ios::binary);
    const std::string content((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    if (!file.is_open() || file.bad()) {
      std::cerr << "embed_files: cannot read " << path << "\n";
      return 1;
    }
    WriteFile(content, i);
    absl::StrAppendFormat(&table, "    {\"%s\", {reinterpret_cast<const char*>(kFile%d), %d}},\n",
                          path.substr(path.find_last_of('/') + 1), i, content.size());
  }
  std::cout << "\n}  // namespace\n\nabsl::Span<const EmbeddedFile> EmbeddedFiles() {\n"
            << "  static const EmbeddedFile kFiles[] = {\n"
            << table << "  };\n  return kFiles;\n}\n\n}  // namespace unclip::gateway\n";
  return 0;
}
