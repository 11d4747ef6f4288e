#include "services/clip/text_normalizer.h"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/uniset.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "services/clip/unicode_16.h"

namespace unclip::clip {
namespace {

// Never destroyed, as other threads may still normalize while the process exits.
const icu::Normalizer2& Unicode9Nfc() {
  static const icu::Normalizer2* const kNormalizer = [] {
    UErrorCode error = U_ZERO_ERROR;
    auto* repertoire = new icu::UnicodeSet(icu::UnicodeString(u"[:age=9.0:]"), error);
    repertoire->freeze();
    return new icu::FilteredNormalizer2(*icu::Normalizer2::getNFCInstance(error), *repertoire);
  }();
  return *kNormalizer;
}

// `text` in NFD. ICU's own decomposition inserts each combining mark at its place one after the other, which is quadratic in the
// length of a run of marks; composing what is in order already is linear.
icu::UnicodeString Decompose(const icu::Normalizer2& normalizer, const icu::UnicodeString& text) {
  struct Mark {
    UChar32 code_point;
    uint8_t combining_class;  // not 0
  };
  std::vector<Mark> marks;  // since the last code point of class 0
  icu::UnicodeString result;
  const auto flush_marks = [&] {
    std::stable_sort(marks.begin(), marks.end(),
                     [](const Mark& a, const Mark& b) { return a.combining_class < b.combining_class; });
    for (const Mark& mark : marks) result.append(mark.code_point);
    marks.clear();
  };
  icu::UnicodeString decomposition;
  for (int32_t i = 0; i < text.length(); i = text.moveIndex32(i, 1)) {
    if (!normalizer.getDecomposition(text.char32At(i), decomposition)) decomposition = text.char32At(i);
    for (int32_t k = 0; k < decomposition.length(); k = decomposition.moveIndex32(k, 1)) {
      const UChar32 code_point = decomposition.char32At(k);
      if (const uint8_t combining_class = normalizer.getCombiningClass(code_point); combining_class != 0) {
        marks.push_back({code_point, combining_class});
        continue;
      }
      flush_marks();
      result.append(code_point);
    }
  }
  flush_marks();
  return result;
}

}  // namespace

std::string NormalizeText(absl::string_view text) {
  const icu::UnicodeString source = icu::UnicodeString::fromUTF8({text.data(), static_cast<int32_t>(text.size())});
  icu::UnicodeString composed;
  UErrorCode error = U_ZERO_ERROR;
  Unicode9Nfc().normalize(Decompose(Unicode9Nfc(), source), composed, error);

  constexpr UChar32 kCapitalIWithDot = 0x130;
  constexpr UChar32 kCombiningDotAbove = 0x307;
  icu::UnicodeString result;
  bool in_white_space = false;
  for (int32_t i = 0; i < composed.length(); i = composed.moveIndex32(i, 1)) {
    const UChar32 code_point = composed.char32At(i);
    const bool is_white_space = u_isUWhiteSpace(code_point);
    if (is_white_space && !in_white_space) result.append(u' ');
    if (!is_white_space) result.append(Unicode16ToLower(code_point));
    if (code_point == kCapitalIWithDot) result.append(kCombiningDotAbove);
    in_white_space = is_white_space;
  }
  std::string utf8;
  result.toUTF8String(utf8);
  return utf8;
}

}  // namespace unclip::clip
