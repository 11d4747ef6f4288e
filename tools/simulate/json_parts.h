// Parts of a JSON file that model::ConfigReader does not reach: lists of objects, and objects with keys of any name.
#ifndef UNCLIP_TOOLS_SIMULATE_JSON_PARTS_H_
#define UNCLIP_TOOLS_SIMULATE_JSON_PARTS_H_

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"
#include "model/weights/config_reader.h"

namespace unclip::simulate {

// The value at `key`, where a dot reaches into an object; null when there is none.
inline nlohmann::json ValueAt(const nlohmann::json& root, absl::string_view key) {
  const nlohmann::json* value = &root;
  while (!key.empty()) {
    const size_t dot = key.find('.');
    const std::string name(key.substr(0, dot));
    if (!value->is_object() || !value->contains(name)) return nullptr;
    value = &value->at(name);
    key = dot == absl::string_view::npos ? "" : key.substr(dot + 1);
  }
  return *value;
}

// Calls `read` with a reader of each object of the list at `key`, which `reader`, of the same file, then takes as read, and holds
// the object to having no other options. No list: nothing.
template <typename Read>
absl::Status ForEachObject(model::ConfigReader& reader, const nlohmann::json& root, absl::string_view key, Read read) {
  reader.Ignore(key);
  const nlohmann::json list = ValueAt(root, key);
  if (list.is_null()) return absl::OkStatus();
  if (!list.is_array()) return absl::InvalidArgumentError(absl::StrCat(reader.path(), ": option \"", key, "\" must be a list"));
  for (size_t i = 0; i < list.size(); ++i) {
    ASSIGN_OR_RETURN(model::ConfigReader part,
                     model::ConfigReader::Parse(list[i].dump(), absl::StrCat(reader.path(), ": ", key, "[", i, "]")));
    RETURN_IF_ERROR(read(part, list[i]));
    RETURN_IF_ERROR(part.Finish());
  }
  return absl::OkStatus();
}

}  // namespace unclip::simulate

#endif  // UNCLIP_TOOLS_SIMULATE_JSON_PARTS_H_
