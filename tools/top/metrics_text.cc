#include "tools/top/metrics_text.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace unclip::top {
namespace {

bool IsNameCharacter(char c) { return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == ':'; }

// Takes a metric's or label's name off the front; empty when there is none.
std::string TakeName(absl::string_view& text) {
  const auto end = std::find_if_not(text.begin(), text.end(), IsNameCharacter);
  const std::string name(text.begin(), end);
  text.remove_prefix(name.size());
  return name;
}

// Takes a quoted value, with its escapes, off the front.
std::optional<std::string> TakeQuoted(absl::string_view& text) {
  if (!absl::ConsumePrefix(&text, "\"")) return std::nullopt;
  std::string value;
  while (!text.empty()) {
    const char c = text.front();
    text.remove_prefix(1);
    if (c == '"') return value;
    if (c == '\\') {
      if (text.empty()) return std::nullopt;
      value += text.front() == 'n' ? '\n' : text.front();
      text.remove_prefix(1);
    } else {
      value += c;
    }
  }
  return std::nullopt;
}

std::optional<Labels> TakeLabels(absl::string_view& text) {
  Labels labels;
  if (!absl::ConsumePrefix(&text, "{")) return labels;
  while (!absl::ConsumePrefix(&text, "}")) {
    const std::string name = TakeName(text);
    if (name.empty() || !absl::ConsumePrefix(&text, "=")) return std::nullopt;
    const std::optional<std::string> value = TakeQuoted(text);
    if (!value.has_value()) return std::nullopt;
    labels[name] = *value;
    if (!absl::ConsumePrefix(&text, ",") && text.substr(0, 1) != "}") return std::nullopt;
  }
  return labels;
}

bool HasAll(const Labels& have, const Labels& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const auto& label) {
    const auto found = have.find(label.first);
    return found != have.end() && found->second == label.second;
  });
}

}  // namespace

absl::StatusOr<MetricsText> MetricsText::Parse(absl::string_view text) {
  MetricsText metrics;
  int number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    line = absl::StripAsciiWhitespace(line);
    if (line.empty() || line.front() == '#') continue;
    const std::string name = TakeName(line);
    const std::optional<Labels> labels = TakeLabels(line);
    // A time stamp may follow.
    const std::vector<absl::string_view> rest = absl::StrSplit(line, ' ', absl::SkipEmpty());
    double value = 0;
    if (name.empty() || !labels.has_value() || rest.empty() || rest.size() > 2 || !absl::SimpleAtod(rest[0], &value)) {
      return absl::InvalidArgumentError(absl::StrCat("line ", number, " of the metrics is not of Prometheus's text format"));
    }
    metrics.samples_[name].emplace_back(*labels, value);
  }
  return metrics;
}

double MetricsText::Sum(absl::string_view name, const Labels& labels) const {
  const auto found = samples_.find(name);
  if (found == samples_.end()) return 0;
  double sum = 0;
  for (const auto& [have, value] : found->second) {
    if (HasAll(have, labels)) sum += value;
  }
  return sum;
}

bool MetricsText::Has(absl::string_view name, const Labels& labels) const {
  const auto found = samples_.find(name);
  return found != samples_.end() && std::any_of(found->second.begin(), found->second.end(),
                                                [&](const auto& sample) { return HasAll(sample.first, labels); });
}

std::set<std::string> MetricsText::LabelValues(absl::string_view name, const std::string& label) const {
  std::set<std::string> values;
  const auto found = samples_.find(name);
  if (found == samples_.end()) return values;
  for (const auto& [labels, value] : found->second) {
    if (const auto has = labels.find(label); has != labels.end()) values.insert(has->second);
  }
  return values;
}

std::optional<std::string> MetricsText::Service() const {
  for (const auto& [name, samples] : samples_) {
    absl::string_view middle = name;
    if (absl::ConsumePrefix(&middle, "unclip_") && absl::ConsumeSuffix(&middle, "_build_info")) return std::string(middle);
  }
  return std::nullopt;
}

}  // namespace unclip::top
