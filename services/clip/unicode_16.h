// Letters, numbers, white space and lower case as of Unicode 16, which is what the reference tokenizer goes by; ICU 72 knows
// Unicode 15.
#ifndef UNCLIP_SERVICES_CLIP_UNICODE_16_H_
#define UNCLIP_SERVICES_CLIP_UNICODE_16_H_

#include <unicode/umachine.h>
#include <unicode/uniset.h>

namespace unclip::clip {

// Code points of general category L (letters), of general category N (numbers), and those with the property White_Space. The
// result is the same whichever ICU version is installed, from 72 up.
icu::UnicodeSet Unicode16Letters();
icu::UnicodeSet Unicode16Numbers();
icu::UnicodeSet Unicode16WhiteSpace();

// The lower case of `code_point` by its simple mapping, itself when it has none. U+0130, the one code point whose full mapping
// has two code points, gives its first, U+0069.
UChar32 Unicode16ToLower(UChar32 code_point);

}  // namespace unclip::clip

#endif  // UNCLIP_SERVICES_CLIP_UNICODE_16_H_
