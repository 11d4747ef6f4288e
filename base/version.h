// The version of all our programs.
#ifndef UNCLIP_BASE_VERSION_H_
#define UNCLIP_BASE_VERSION_H_

namespace unclip {

inline constexpr char kVersion[] = "0.1.0";

}  // namespace unclip

#endif  // UNCLIP_BASE_VERSION_H_
