#include "tools/inspection_report.h"

#include <algorithm>
#include <array>
#include <functional>
#include <nlohmann/json.hpp>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "tools/byte_text.h"

namespace unclip {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kColumns = 7;
using Row = std::array<std::string, kColumns>;
constexpr std::array<bool, kColumns> kRightAligned = {false, false, false, true, true, true, false};

// 1234567 -> "1,234,567".
std::string WithCommas(uint64_t number) {
  const std::string digits = absl::StrCat(number);
  std::string text;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text.push_back(',');
    text.push_back(digits[i]);
  }
  return text;
}

Row RowOf(const ComponentInspection& component) {
  if (component.files.empty()) return {component.name, component.class_name, "-", "-", "-", "-", "-"};
  const std::string types =
      absl::StrJoin(component.types, "+", [](std::string* out, const auto& type) { out->append(type.first); });
  const std::string files = component.files.size() == 1
                                ? component.files[0]
                                : absl::StrCat(component.files[0], " and ", component.files.size() - 1, " more");
  return {component.name,
          component.class_name,
          types,
          absl::StrCat(component.tensor_count),
          WithCommas(component.parameter_count),
          ByteText(component.byte_count),
          files};
}

Row TotalOf(const CheckpointInspection& inspection) {
  uint64_t tensors = 0, parameters = 0, bytes = 0;
  for (const ComponentInspection& component : inspection.components) {
    tensors += component.tensor_count;
    parameters += component.parameter_count;
    bytes += component.byte_count;
  }
  return {"total", "", "", absl::StrCat(tensors), WithCommas(parameters), ByteText(bytes), ""};
}

std::string Aligned(const std::vector<Row>& rows) {
  std::array<size_t, kColumns> widths{};
  for (const Row& row : rows) {
    for (size_t i = 0; i < kColumns; ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const Row& row : rows) {
    std::string line;
    for (size_t i = 0; i < kColumns; ++i) {
      const std::string padding(widths[i] - row[i].size(), ' ');
      absl::StrAppend(&line, i > 0 ? "  " : "", kRightAligned[i] ? padding : "", row[i], kRightAligned[i] ? "" : padding);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    absl::StrAppend(&text, line, "\n");
  }
  return text;
}

// Appends a line for each of the first `count` problems.
void AppendProblems(const std::string& component, absl::string_view kind, size_t count,
                    const std::function<std::string(size_t)>& line, std::string& text) {
  for (size_t i = 0; i < std::min(count, kMaxShownProblems); ++i) absl::StrAppend(&text, component, ": ", line(i), "\n");
  if (count > kMaxShownProblems) absl::StrAppend(&text, component, ": and ", count - kMaxShownProblems, " more ", kind, "\n");
}

std::string ProblemsOf(const ComponentInspection& component) {
  std::string text;
  AppendProblems(component.name, "errors", component.errors.size(), [&](size_t i) { return component.errors[i]; }, text);
  AppendProblems(
      component.name, "missing tensors", component.missing.size(),
      [&](size_t i) {
        return absl::StrCat("missing tensor ", component.missing[i].name, " of shape ",
                            model::ShapeText(component.missing[i].shape));
      },
      text);
  AppendProblems(
      component.name, "mismatched tensors", component.mismatched.size(),
      [&](size_t i) {
        const ComponentInspection::Mismatch& tensor = component.mismatched[i];
        return absl::StrCat("tensor ", tensor.name, " is ", tensor.found, "; expected ", tensor.expected);
      },
      text);
  AppendProblems(
      component.name, "unknown tensors", component.unknown.size(),
      [&](size_t i) { return absl::StrCat("unknown tensor ", absl::CHexEscape(component.unknown[i])); }, text);
  return text;
}

Json JsonOf(const ComponentInspection& component) {
  Json missing = Json::array();
  for (const model::TensorSpec& spec : component.missing) missing.push_back({{"name", spec.name}, {"shape", spec.shape}});
  Json mismatched = Json::array();
  for (const ComponentInspection::Mismatch& tensor : component.mismatched) {
    mismatched.push_back({{"name", tensor.name}, {"expected", tensor.expected}, {"found", tensor.found}});
  }
  return {{"name", component.name},
          {"class", component.class_name},
          {"dir", component.dir},
          {"files", component.files},
          {"types", component.types},
          {"tensor_count", component.tensor_count},
          {"parameter_count", component.parameter_count},
          {"byte_count", component.byte_count},
          {"sound", component.problem_count() == 0},
          {"missing", std::move(missing)},
          {"mismatched", std::move(mismatched)},
          {"unknown", component.unknown},
          {"errors", component.errors}};
}

}  // namespace

std::string InspectionTable(const CheckpointInspection& inspection) {
  std::vector<Row> rows = {{"component", "class", "types", "tensors", "parameters", "bytes", "files"}};
  for (const ComponentInspection& component : inspection.components) rows.push_back(RowOf(component));
  rows.push_back(TotalOf(inspection));
  std::string text = absl::StrCat(inspection.dir, inspection.pipeline_class.empty() ? "" : " (", inspection.pipeline_class,
                                  inspection.pipeline_class.empty() ? "" : ")", "\n\n", Aligned(rows), "\n");
  for (const ComponentInspection& component : inspection.components) absl::StrAppend(&text, ProblemsOf(component));
  const size_t problems = inspection.problem_count();
  absl::StrAppend(
      &text,
      problems == 0 ? "nothing missing, nothing unknown" : absl::StrCat(problems, problems == 1 ? " problem" : " problems"),
      "\n");
  return text;
}

std::string InspectionJson(const CheckpointInspection& inspection) {
  Json components = Json::array();
  for (const ComponentInspection& component : inspection.components) components.push_back(JsonOf(component));
  const Json report = {{"checkpoint", inspection.dir},
                       {"pipeline", inspection.pipeline_class},
                       {"sound", inspection.problem_count() == 0},
                       {"components", std::move(components)}};
  return report.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace unclip
