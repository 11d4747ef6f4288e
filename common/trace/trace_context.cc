#include "common/trace/trace_context.h"

#include <algorithm>
#include <random>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace unclip {
namespace {

constexpr size_t kVersion00Length = 55;  // 00-<32 digits>-<16 digits>-<2 digits>
constexpr uint64_t kSampledFlag = 1;
constexpr size_t kMaxMembers = 32;
constexpr size_t kMaxKeyLength = 256;
constexpr size_t kMaxValueLength = 256;
constexpr size_t kMaxStateLength = 512;
constexpr size_t kLargeMember = 128;

uint64_t Random() {
  thread_local std::mt19937_64 generator = [] {
    std::random_device device;
    std::seed_seq seed{device(), device(), device(), device(), device(), device(), device(), device()};
    return std::mt19937_64(seed);
  }();
  return generator();
}

// The number that `digits`, at most 16, stand for; nothing when one is no hexadecimal digit in lower case.
std::optional<uint64_t> ReadHex(absl::string_view digits) {
  uint64_t value = 0;
  for (const char c : digits) {
    if (c >= '0' && c <= '9') {
      value = value << 4 | static_cast<uint64_t>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      value = value << 4 | static_cast<uint64_t>(c - 'a' + 10);
    } else {
      return std::nullopt;
    }
  }
  return value;
}

bool IsKeyStart(char c) { return absl::ascii_islower(c) || absl::ascii_isdigit(c); }
bool IsKeyCharacter(char c) { return IsKeyStart(c) || c == '_' || c == '-' || c == '*' || c == '/' || c == '@'; }
bool IsValueCharacter(char c) { return c >= ' ' && c <= '~' && c != ',' && c != '='; }

bool IsMember(absl::string_view key, absl::string_view value) {
  return !key.empty() && key.size() <= kMaxKeyLength && IsKeyStart(key.front()) &&
         std::all_of(key.begin(), key.end(), IsKeyCharacter) && std::count(key.begin(), key.end(), '@') <= 1 && !value.empty() &&
         value.size() <= kMaxValueLength && std::all_of(value.begin(), value.end(), IsValueCharacter);
}

size_t JoinedLength(const std::vector<absl::string_view>& members) {
  size_t length = members.empty() ? 0 : members.size() - 1;
  for (const absl::string_view member : members) length += member.size();
  return length;
}

void Shorten(std::vector<absl::string_view>& members) {
  for (size_t i = members.size(); i-- > 0 && JoinedLength(members) > kMaxStateLength;) {
    if (members[i].size() > kLargeMember) members.erase(members.begin() + static_cast<std::ptrdiff_t>(i));
  }
  while (JoinedLength(members) > kMaxStateLength) members.pop_back();
}

}  // namespace

std::string TraceId::ToHex() const { return absl::StrFormat("%016x%016x", high, low); }

std::string SpanId::ToHex() const { return absl::StrFormat("%016x", value); }

TraceId NewTraceId() {
  TraceId id;
  while (!id.is_valid()) id = {.high = Random(), .low = Random()};
  return id;
}

SpanId NewSpanId() {
  SpanId id;
  while (!id.is_valid()) id = {.value = Random()};
  return id;
}

std::optional<TraceContext> ParseTraceParent(absl::string_view header) {
  if (header.size() < kVersion00Length || header[2] != '-' || header[35] != '-' || header[52] != '-') return std::nullopt;
  const std::optional<uint64_t> version = ReadHex(header.substr(0, 2));
  const std::optional<uint64_t> high = ReadHex(header.substr(3, 16));
  const std::optional<uint64_t> low = ReadHex(header.substr(19, 16));
  const std::optional<uint64_t> span = ReadHex(header.substr(36, 16));
  const std::optional<uint64_t> flags = ReadHex(header.substr(53, 2));
  if (!version || !high || !low || !span || !flags || *version == 0xFF) return std::nullopt;
  if (header.size() > kVersion00Length && (*version == 0 || header[kVersion00Length] != '-')) return std::nullopt;
  TraceContext context = {
      .trace_id = {.high = *high, .low = *low}, .span_id = {.value = *span}, .sampled = (*flags & kSampledFlag) != 0};
  if (!context.trace_id.is_valid() || !context.span_id.is_valid()) return std::nullopt;
  return context;
}

std::optional<TraceContext> ParseTraceHeaders(absl::Span<const absl::string_view> trace_parents,
                                              absl::Span<const absl::string_view> trace_states) {
  if (trace_parents.size() != 1) return std::nullopt;
  std::optional<TraceContext> context = ParseTraceParent(trace_parents.front());
  if (context.has_value()) context->trace_state = JoinTraceState(trace_states);
  return context;
}

std::string FormatTraceParent(const TraceContext& context) {
  return absl::StrCat("00-", context.trace_id.ToHex(), "-", context.span_id.ToHex(), context.sampled ? "-01" : "-00");
}

std::string JoinTraceState(absl::Span<const absl::string_view> headers) {
  std::vector<absl::string_view> members;
  std::vector<absl::string_view> keys;
  for (const absl::string_view header : headers) {
    for (absl::string_view member : absl::StrSplit(header, ',')) {
      member = absl::StripAsciiWhitespace(member);
      if (member.empty()) continue;
      const size_t equals = member.find('=');
      if (equals == absl::string_view::npos || members.size() == kMaxMembers) return "";
      const absl::string_view key = member.substr(0, equals);
      if (!IsMember(key, member.substr(equals + 1)) || std::find(keys.begin(), keys.end(), key) != keys.end()) return "";
      members.push_back(member);
      keys.push_back(key);
    }
  }
  Shorten(members);
  return absl::StrJoin(members, ",");
}

}  // namespace unclip
