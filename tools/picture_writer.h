// Takes a generation's events: shows the progress and writes pictures and previews to files.
#ifndef UNCLIP_TOOLS_PICTURE_WRITER_H_
#define UNCLIP_TOOLS_PICTURE_WRITER_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "tools/generation_report.h"
#include "tools/progress_display.h"
#include "unclip/gateway/v1/image_generation_service.pb.h"

namespace unclip {

// For one request of `image_count` pictures. Not thread-safe.
class PictureWriter {
 public:
  // Pictures go to `out` (NumberedPath() when there are several), previews to `preview_dir`/preview-PICTURE-STAGE-STEP.SUFFIX.
  // `display` outlives the writer.
  PictureWriter(absl::string_view out, absl::string_view preview_dir, int image_count, ProgressDisplay& display);

  // Whether everything could be written; makes `preview_dir`. For before the request.
  absl::Status Prepare() const;

  // A file of a picture appears whole, as soon as the picture is there. INTERNAL for a picture nobody asked for.
  absl::Status Handle(const gateway::v1::StreamGenerateImageResponse& event);

  // The pictures written so far, in the order of the request, without their bytes.
  const std::vector<SavedImage>& saved() const { return saved_; }

 private:
  absl::Status SaveImage(const gateway::v1::GeneratedImage& image);
  absl::Status SavePreview(const gateway::v1::GenerationProgress& progress) const;

  const std::string out_;
  const std::string preview_dir_;
  const int image_count_;
  ProgressDisplay& display_;
  std::vector<SavedImage> saved_;
};

}  // namespace unclip

#endif  // UNCLIP_TOOLS_PICTURE_WRITER_H_
