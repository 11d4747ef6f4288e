#include "services/decoder/decoder_engine_factory.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/clock.h"
#include "base/status_macros.h"
#include "model/device_option.h"
#include "model/threads.h"
#include "model/torch_guard.h"
#include "model/weights/checkpoint.h"
#include "model/weights/config_reader.h"
#include "model/weights/dtype_option.h"
#include "services/decoder/decoder_model.h"
#include "services/decoder/torch_decoder_engine.h"

namespace unclip::decoder {
namespace {

// Samples of a stage that requests may put into one step. Beyond so many positions a batch gains nothing from being larger, as
// operators then take far longer than what LibTorch does around them, and activations grow with it.
int StageRows(const DecoderEngineOptions& options, const DecoderModelInfo& info, at::Device device, int size, int least) {
  const int positions = device.is_cpu() ? 32768 : 16 * 32768;
  const int scale = size / info.base_size;
  if (options.max_batch_rows > 0) return std::max(least, options.max_batch_rows / (scale * scale));
  const int rows = positions / (size * size);
  return std::max(least, options.fills_threads && device.is_cpu() ? std::min(rows, info.thread_count) : rows);
}

// Token positions of a prompt. The decoder's own networks read any number, so the text encoder's config decides.
absl::StatusOr<int> ReadContextLength(const model::Checkpoint& checkpoint) {
  ASSIGN_OR_RETURN(const std::string dir, checkpoint.ComponentDir("text_encoder"));
  ASSIGN_OR_RETURN(model::ConfigReader reader, model::ConfigReader::Open(dir + "/config.json"));
  const int context_length = static_cast<int>(reader.Int("max_position_embeddings", 2, 1 << 16, 77));
  RETURN_IF_ERROR(reader.status());
  return context_length;
}

}  // namespace

absl::StatusOr<std::unique_ptr<DecoderEngine>> LoadDecoderEngine(const DecoderEngineOptions& options) {
  ASSIGN_OR_RETURN(const at::Device device, model::ParseDevice(options.device));
  ASSIGN_OR_RETURN(const at::ScalarType dtype, model::ParseServingDtype(options.dtype, device));
  model::PrepareDevice(device);
  ASSIGN_OR_RETURN(const model::Checkpoint checkpoint, model::Checkpoint::Open(options.checkpoint));
  DecoderModelInfo info;
  info.checkpoint_name = checkpoint.name();
  info.dtype = model::ServingDtypeName(dtype);
  info.thread_count = model::UseThreads(options.thread_count);
  model::KeepFreedMemory();
  std::vector<std::string> components = {"text_proj", "decoder", "decoder_scheduler"};
  for (int i = 0; i < UpsamplerCount(checkpoint); ++i) {
    const UpsamplerComponents upsampler = UpsamplerComponentsAt(i);
    components.insert(components.end(), {upsampler.first, upsampler.last, upsampler.scheduler});
  }
  ASSIGN_OR_RETURN(info.fingerprint, checkpoint.Fingerprint(components));
  ASSIGN_OR_RETURN(info.context_length, ReadContextLength(checkpoint));
  ASSIGN_OR_RETURN(std::unique_ptr<const DecoderModel> model,
                   LoadDecoderModel(checkpoint, at::TensorOptions(device).dtype(dtype)));
  info.parameter_count = model->parameter_count;
  info.embedding_dim = model->text_projection.config().clip_embeddings_dim;
  info.hidden_dim = info.embedding_dim;  // the projection reads hidden states as wide as embeddings
  info.base_size = model->unet.config().sample_size;
  for (const auto& upsampler : model->upsamplers) info.super_res_sizes.push_back(upsampler->first.config().sample_size);
  info.max_batch_rows.push_back(
      StageRows(options, info, device, info.base_size, options.max_batch_rows == 0 ? 2 : 1));  // guidance's two
  for (const int size : info.super_res_sizes) info.max_batch_rows.push_back(StageRows(options, info, device, size, 1));
  auto engine = std::make_unique<TorchDecoderEngine>(std::move(model), std::move(info));
  if (absl::Status status = engine->WarmUp(); !status.ok()) {
    return absl::Status(status.code(), absl::StrCat(checkpoint.dir(), ": warm-up failed: ", status.message()));
  }
  model::ReleaseUnusedMemory();
  return engine;
}

}  // namespace unclip::decoder
