#include "services/clip/unicode_16.h"

#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <array>

namespace unclip::clip {
namespace {

struct Range {
  UChar32 first;
  UChar32 last;
};

// Assigned by Unicode 15.1 and 16.0.
constexpr std::array kNewLetters = {
    Range{0x1C89, 0x1C8A},   Range{0xA7CB, 0xA7CD},   Range{0xA7DA, 0xA7DC},   Range{0x105C0, 0x105F3}, Range{0x10D4A, 0x10D65},
    Range{0x10D6F, 0x10D85}, Range{0x10EC2, 0x10EC4}, Range{0x11380, 0x11389}, Range{0x1138B, 0x1138B}, Range{0x1138E, 0x1138E},
    Range{0x11390, 0x113B5}, Range{0x113B7, 0x113B7}, Range{0x113D1, 0x113D1}, Range{0x113D3, 0x113D3}, Range{0x11BC0, 0x11BE0},
    Range{0x13460, 0x143FA}, Range{0x16100, 0x1611D}, Range{0x16D40, 0x16D6C}, Range{0x18CFF, 0x18CFF}, Range{0x1E5D0, 0x1E5ED},
    Range{0x1E5F0, 0x1E5F0}, Range{0x2EBF0, 0x2EE5D},
};
constexpr std::array kNewNumbers = {
    Range{0x10D40, 0x10D49}, Range{0x116D0, 0x116E3}, Range{0x11BF0, 0x11BF9}, Range{0x16130, 0x16139},
    Range{0x16D70, 0x16D79}, Range{0x1CCF0, 0x1CCF9}, Range{0x1E5F1, 0x1E5FA},
};

struct CasePair {
  UChar32 upper;
  UChar32 lower;
};
constexpr std::array kNewCasePairs = {
    CasePair{0x1C89, 0x1C8A}, CasePair{0xA7CB, 0x0264}, CasePair{0xA7CC, 0xA7CD},
    CasePair{0xA7DA, 0xA7DB}, CasePair{0xA7DC, 0x019B},
};
// Garay: each capital is followed by its small letter 0x20 further.
constexpr Range kGarayCapitals = {0x10D50, 0x10D65};
constexpr UChar32 kGarayCaseOffset = 0x20;

icu::UnicodeSet SetOfUnicode15(const char16_t* pattern) {
  UErrorCode error = U_ZERO_ERROR;
  const icu::UnicodeSet set(icu::UnicodeString(pattern), error);
  // The patterns are constants of this file that ICU understands, so no error can come.
  return set;
}

}  // namespace

icu::UnicodeSet Unicode16Letters() {
  icu::UnicodeSet set = SetOfUnicode15(u"[[:L:]&[:age=15.0:]]");
  for (const Range& range : kNewLetters) set.add(range.first, range.last);
  return set;
}

icu::UnicodeSet Unicode16Numbers() {
  icu::UnicodeSet set = SetOfUnicode15(u"[[:N:]&[:age=15.0:]]");
  for (const Range& range : kNewNumbers) set.add(range.first, range.last);
  return set;
}

icu::UnicodeSet Unicode16WhiteSpace() { return SetOfUnicode15(u"[:White_Space:]"); }

UChar32 Unicode16ToLower(UChar32 code_point) {
  for (const CasePair& pair : kNewCasePairs) {
    if (code_point == pair.upper) return pair.lower;
  }
  if (code_point >= kGarayCapitals.first && code_point <= kGarayCapitals.last) return code_point + kGarayCaseOffset;
  return u_tolower(code_point);
}

}  // namespace unclip::clip
