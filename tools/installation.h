// Where the other binaries and the default model are.
#ifndef UNCLIP_TOOLS_INSTALLATION_H_
#define UNCLIP_TOOLS_INSTALLATION_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace unclip {

// Looks in folders given once. Immutable.
class Installation {
 public:
  struct Hints {
    std::string executable;    // the running binary's own path, links resolved
    std::string invoked_path;  // its path as it was called (argv[0]), links kept: through bazel-bin it leads to the source tree
    std::string bin_dir;       // UNCLIP_BIN_DIR; empty: not set
    std::string home;          // UNCLIP_HOME; empty: not set
  };

  explicit Installation(Hints hints);

  // With the hints of this process.
  static Installation OfThisProcess(absl::string_view argv0);

  // The path of "clip", "prior", "decoder", "gateway" or "unclip_model": in UNCLIP_BIN_DIR when that is set, else beside this
  // binary or where the build puts it. NOT_FOUND says where it was looked for.
  absl::StatusOr<std::string> Binary(absl::string_view name) const;

  // The folder models/shapes32/`part` ("text-to-image", "image-variation"): in UNCLIP_HOME when that is set, else in the nearest
  // folder above this binary that has one. NOT_FOUND says what to do.
  absl::StatusOr<std::string> DefaultCheckpoint(absl::string_view part) const;

 private:
  const Hints hints_;
};

}  // namespace unclip

#endif  // UNCLIP_TOOLS_INSTALLATION_H_
