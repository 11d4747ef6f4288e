#include "model/weights/safetensors_header.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace unclip::model {
namespace {

constexpr absl::string_view kMetadataKey = "__metadata__";
// Names are echoed in errors; nothing honest is longer.
constexpr size_t kMaxNameBytes = 1024;

std::string Quote(absl::string_view text) {
  constexpr size_t kMaxShown = 200;
  return absl::StrCat("\"", absl::CHexEscape(text.substr(0, kMaxShown)), text.size() > kMaxShown ? "..." : "", "\"");
}

// A machine of six places in the text, which is at most three levels deep.
class HeaderReader : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit HeaderReader(const SafetensorsHeaderLimits& limits) : limits_(limits) {}

  absl::Status status() const { return absl::InvalidArgumentError(problem_); }
  SafetensorsHeader TakeResult() { return std::move(result_); }

  bool null() override { return Unexpected("null"); }
  bool boolean(bool) override { return Unexpected("a boolean"); }
  bool number_float(number_float_t, const string_t& text) override {
    return Unexpected(absl::StrCat("the number ", text.substr(0, 40)));
  }
  bool number_integer(number_integer_t value) override { return Unexpected(absl::StrCat("the number ", value)); }
  bool binary(binary_t&) override { return Unexpected("bytes"); }

  bool number_unsigned(number_unsigned_t value) override {
    if (place_ == Place::kShape) {
      if (value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) return FailTensor("has a size beyond 2^63");
      if (claim_.shape.size() >= limits_.max_rank) {
        return FailTensor(absl::StrCat("has more than ", limits_.max_rank, " dimensions"));
      }
      claim_.shape.push_back(static_cast<int64_t>(value));
      return true;
    }
    if (place_ == Place::kOffsets) {
      if (offset_count_ >= 2) return FailTensor("has more than two data_offsets");
      (offset_count_ == 0 ? claim_.begin : claim_.end) = value;
      ++offset_count_;
      return true;
    }
    return Unexpected(absl::StrCat("the number ", value));
  }

  bool string(string_t& value) override {
    if (place_ == Place::kMetadata) {
      result_.metadata.emplace(key_, value);
      return true;
    }
    if (place_ != Place::kTensor || key_ != "dtype") return Unexpected(absl::StrCat("the text ", Quote(value)));
    const std::optional<Dtype> dtype = ParseDtype(value);
    if (!dtype.has_value()) return FailTensor(absl::StrCat("has the type ", Quote(value), ", which is not supported"));
    claim_.dtype = *dtype;
    return true;
  }

  bool start_object(std::size_t) override {
    switch (place_) {
      case Place::kOutside:
        place_ = Place::kRoot;
        return true;
      case Place::kRoot:
        place_ = key_ == kMetadataKey ? Place::kMetadata : Place::kTensor;
        if (place_ == Place::kTensor) StartTensor();
        return true;
      default:
        return Unexpected("an object");
    }
  }

  bool end_object() override {
    if (place_ == Place::kRoot) {
      place_ = Place::kOutside;
      return true;
    }
    const bool is_tensor = place_ == Place::kTensor;
    place_ = Place::kRoot;
    return !is_tensor || FinishTensor();
  }

  bool start_array(std::size_t) override {
    if (place_ != Place::kTensor || key_ == "dtype") return Unexpected("a list");
    place_ = key_ == "shape" ? Place::kShape : Place::kOffsets;
    return true;
  }

  bool end_array() override {
    if (place_ == Place::kOffsets && offset_count_ != 2) return FailTensor("must have two data_offsets");
    place_ = Place::kTensor;
    return true;
  }

  bool key(string_t& key) override {
    key_ = key;
    switch (place_) {
      case Place::kRoot:
        if (key.size() > kMaxNameBytes) return Fail(absl::StrCat("holds a tensor name of ", key.size(), " bytes: ", Quote(key)));
        if (!names_.insert(key).second) return Fail(absl::StrCat("gives ", Quote(key), " twice"));
        return true;
      case Place::kMetadata:
        if (result_.metadata.contains(key)) return Fail(absl::StrCat("gives ", Quote(key), " of __metadata__ twice"));
        return true;
      default:
        return MarkMember(key);
    }
  }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    return Fail(absl::StrCat("has a header that is not valid JSON at its byte ", position));
  }

 private:
  enum class Place { kOutside, kRoot, kMetadata, kTensor, kShape, kOffsets };
  enum Member : unsigned { kDtypeMember = 1, kShapeMember = 2, kOffsetsMember = 4, kAllMembers = 7 };

  bool Fail(std::string problem) {
    problem_ = std::move(problem);
    return false;
  }

  bool FailTensor(absl::string_view problem) { return Fail(absl::StrCat("tensor ", Quote(claim_.name), " ", problem)); }

  bool Unexpected(absl::string_view what) {
    switch (place_) {
      case Place::kOutside:
        return Fail(absl::StrCat("has a header that is ", what, ", not an object"));
      case Place::kRoot:
        return Fail(absl::StrCat("has ", what, " as ", Quote(key_), ", not an object"));
      case Place::kMetadata:
        return Fail(absl::StrCat("has ", what, " as ", Quote(key_), " of __metadata__, not a text"));
      case Place::kTensor:
      case Place::kShape:
      case Place::kOffsets:
        return FailTensor(absl::StrCat("has ", what, " in ", Quote(key_)));
    }
    return Fail("has a header that cannot be read");
  }

  bool MarkMember(absl::string_view key) {
    unsigned member = 0;
    if (key == "dtype") member = kDtypeMember;
    if (key == "shape") member = kShapeMember;
    if (key == "data_offsets") member = kOffsetsMember;
    if (member == 0) return FailTensor(absl::StrCat("has the unknown member ", Quote(key)));
    if ((members_ & member) != 0) return FailTensor(absl::StrCat("has ", Quote(key), " twice"));
    members_ |= member;
    return true;
  }

  void StartTensor() {
    claim_ = {};
    claim_.name = key_;
    members_ = 0;
    offset_count_ = 0;
  }

  bool FinishTensor() {
    if (members_ != kAllMembers) return FailTensor("must have dtype, shape and data_offsets");
    if (claim_.begin > claim_.end) return FailTensor(absl::StrCat("has reversed data_offsets ", RangeText()));
    const std::optional<uint64_t> size = ByteSize();
    if (!size.has_value() || *size != claim_.end - claim_.begin) {
      return FailTensor(absl::StrCat("of shape ", ShapeText(claim_.shape), " and type ", DtypeName(claim_.dtype), " needs ",
                                     size.has_value() ? absl::StrCat(*size) : "more than 2^63", " bytes, but its data_offsets ",
                                     RangeText(), " hold ", claim_.end - claim_.begin));
    }
    if (result_.tensors.size() >= limits_.max_tensors) {
      return Fail(absl::StrCat("holds more than ", limits_.max_tensors, " tensors"));
    }
    result_.tensors.push_back(std::move(claim_));
    return true;
  }

  std::string RangeText() const { return absl::StrCat("[", claim_.begin, ", ", claim_.end, "]"); }

  // shape × type; nullopt at 2^63 and above. A size of 0 makes it 0, whatever the others are.
  std::optional<uint64_t> ByteSize() const {
    if (std::find(claim_.shape.begin(), claim_.shape.end(), 0) != claim_.shape.end()) return 0;
    uint64_t size = DtypeSize(claim_.dtype);
    for (const int64_t extent : claim_.shape) {
      if (size > static_cast<uint64_t>(std::numeric_limits<int64_t>::max()) / static_cast<uint64_t>(extent)) return std::nullopt;
      size *= static_cast<uint64_t>(extent);
    }
    return size;
  }

  const SafetensorsHeaderLimits limits_;
  Place place_ = Place::kOutside;
  std::string key_;                         // the last one read
  SafetensorsHeader::Claim claim_;          // of the tensor being read
  unsigned members_ = 0;                    // which of them it has
  int offset_count_ = 0;                    // how many of its data_offsets were read
  absl::flat_hash_set<std::string> names_;  // of all so far, "__metadata__" with them
  SafetensorsHeader result_;
  std::string problem_ = "has a header that cannot be read";
};

}  // namespace

absl::StatusOr<SafetensorsHeader> ParseSafetensorsHeader(absl::string_view text, const SafetensorsHeaderLimits& limits) {
  HeaderReader reader(limits);
  if (!nlohmann::json::sax_parse(text.begin(), text.end(), &reader)) return reader.status();
  SafetensorsHeader header = reader.TakeResult();
  std::sort(header.tensors.begin(), header.tensors.end(),
            [](const auto& a, const auto& b) { return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name); });
  return header;
}

}  // namespace unclip::model
