#include "tools/stage_name.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace unclip {

std::string StageName(common::v1::Stage stage) {
  if (!common::v1::Stage_IsValid(stage)) return absl::StrCat("stage_", static_cast<int>(stage));
  return absl::AsciiStrToLower(absl::StripPrefix(common::v1::Stage_Name(stage), "STAGE_"));
}

}  // namespace unclip
