// Makes one picture of a request: candidates, the best of them (or the embedding of the picture to be varied), its picture, the
// file.
#ifndef UNCLIP_GATEWAY_PICTURE_MAKER_H_
#define UNCLIP_GATEWAY_PICTURE_MAKER_H_

#include <optional>

#include "absl/status/statusor.h"
#include "gateway/clients/decoder_client.h"
#include "gateway/clients/prior_client.h"
#include "gateway/generation_request.h"
#include "gateway/image_embedder.h"
#include "gateway/progress_tracker.h"
#include "gateway/request_context.h"
#include "gateway/source_picture.h"
#include "gateway/text_embedder.h"
#include "unclip/gateway/v1/image_generation_service.pb.h"

namespace unclip::gateway {

// What the pictures of a request start from.
struct PictureSource {
  EmbeddedPrompts prompts;
  std::optional<EmbeddedImage> image = std::nullopt;  // that is varied
  std::optional<KeptPicture> kept = std::nullopt;     // that is edited
};

// Everything a picture depends on is its seed and the request's settings: neither its index nor its mates matter, so that asking
// for its seed alone gives the same bytes. Thread-safe.
class PictureMaker {
 public:
  // All must outlive the maker.
  PictureMaker(PriorClient* prior, DecoderClient* decoder, const GenerationRequest& request, const PictureSource& source,
               const RequestContext& context, ProgressTracker* progress);

  // Makes picture `index`. Errors are the clients'; INTERNAL naming the stage when a service sends what cannot be.
  absl::StatusOr<v1::GeneratedImage> Make(int index) const;

 private:
  // The request to the decoder.
  decoder::v1::DecodeImageRequest DecodeRequest(int index, common::v1::ImageEmbedding embedding) const;

  // Draws candidates and picks the best: fills in similarities and timing, and returns the winner's embedding.
  absl::StatusOr<common::v1::ImageEmbedding> ChooseEmbedding(int index, const RequestContext& context,
                                                             v1::GeneratedImage* picture) const;

  // Turns it into the picture's file.
  absl::Status DecodeEmbedding(int index, common::v1::ImageEmbedding embedding, const RequestContext& context,
                               v1::GeneratedImage* picture) const;

  absl::Status ReportStep(int index, const decoder::v1::DecodeImageProgress& progress) const;

  PriorClient* const prior_;
  DecoderClient* const decoder_;
  const GenerationRequest& request_;
  const PictureSource& source_;
  const RequestContext& context_;
  ProgressTracker* const progress_;
};

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_PICTURE_MAKER_H_
