// Names of the stages, as the command line prints them.
#ifndef UNCLIP_TOOLS_STAGE_NAME_H_
#define UNCLIP_TOOLS_STAGE_NAME_H_

#include <string>

#include "unclip/common/v1/progress.pb.h"

namespace unclip {

// The enum's name without its prefix, in lower case: "embed_text", "prior", "decoder", "super_res", "encode"; "stage_N" for a
// stage that this build does not know.
std::string StageName(common::v1::Stage stage);

}  // namespace unclip

#endif  // UNCLIP_TOOLS_STAGE_NAME_H_
