#include "tools/replay/module_replay.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/from_blob.h>

#include <vector>

#include "base/status_macros.h"
#include "common/image/rgb_image.h"

namespace unclip::replay {
namespace {

// One of a module's recorded calls.
class Call {
 public:
  Call(const Trace& trace, std::string module, int number) : trace_(trace), module_(std::move(module)), number_(number) {}

  at::Tensor In(const std::string& name) const { return trace_.Get(Trace::NameOf(module_, number_, "in." + name)); }

  void Compare(const std::string& name, const at::Tensor& actual, double tolerance, Comparison& comparison) const {
    const std::string tensor = Trace::NameOf(module_, number_, "out." + name);
    comparison.Add(module_, tensor, actual.to(at::kFloat), trace_.Get(tensor), tolerance);
  }

  // The recorded scalar timestep, for each of `count` samples.
  at::Tensor Timesteps(int64_t count) const { return In("timestep").reshape({1}).expand({count}); }

 private:
  const Trace& trace_;
  std::string module_;
  int number_;
};

void ReplayText(const Trace& trace, const clip::ClipText& text, double tolerance, Comparison& comparison) {
  for (int i = 0; i < trace.CallCount("text_encoder"); ++i) {
    const Call call(trace, "text_encoder", i);
    const at::Tensor ids = call.In("arg0");  // [N, T]
    const std::vector<std::string> prompts = i == 0 ? trace.call().prompts : std::vector<std::string>(ids.size(0), "");
    std::vector<at::Tensor> rows;
    for (const std::string& prompt : prompts) {
      rows.push_back(clip::TokenTensor(text.tokenizer->Pad(text.tokenizer->Encode(prompt).ids)));  // [1, T]
    }
    comparison.AddEquality("tokenizer", Trace::NameOf("text_encoder", i, "in.arg0"), at::cat(rows).equal(ids));
    const clip::ClipTextModel::Output output = text.network.Forward(ids);
    call.Compare("text_embeds", output.text_embeds, tolerance, comparison);
    call.Compare("last_hidden_state", output.last_hidden_state, tolerance, comparison);
  }
}

absl::Status ReplayVision(const Trace& trace, const clip::ClipVision& vision, double tolerance, Comparison& comparison) {
  for (int i = 0; i < trace.CallCount("image_encoder"); ++i) {
    const Call call(trace, "image_encoder", i);
    const at::Tensor pixels = call.In("arg0");  // [N, 3, S, S]
    if (trace.Has("input_image")) {
      ASSIGN_OR_RETURN(const at::Tensor preprocessed, Preprocess(vision, trace.Get("input_image")));
      comparison.Add("image preprocessor", Trace::NameOf("image_encoder", i, "in.arg0"), preprocessed, pixels.narrow(0, 0, 1),
                     1e-6);
    }
    const clip::ClipVisionModel::Output output = vision.network.Forward(pixels);
    call.Compare("image_embeds", output.image_embeds, tolerance, comparison);
    call.Compare("last_hidden_state", output.last_hidden_state, tolerance, comparison);
  }
  return absl::OkStatus();
}

void ReplayPrior(const Trace& trace, const prior::PriorModel& prior, double tolerance, Comparison& comparison) {
  for (int i = 0; i < trace.CallCount("prior"); ++i) {
    const Call call(trace, "prior", i);
    const at::Tensor x = call.In("arg0");  // [N, D]
    const at::Tensor output = prior.network.PredictOnce(x, call.Timesteps(x.size(0)), call.In("proj_embedding"),
                                                        call.In("encoder_hidden_states"), call.In("attention_mask"));
    call.Compare("predicted_image_embedding", output, tolerance, comparison);
  }
}

void ReplayTextProjection(const Trace& trace, const decoder::TextProjection& projection, double tolerance,
                          Comparison& comparison) {
  for (int i = 0; i < trace.CallCount("text_proj"); ++i) {
    const Call call(trace, "text_proj", i);
    at::Tensor image = call.In("image_embeddings");    // [N, D]
    const at::Tensor text = call.In("prompt_embeds");  // [N or 2N, D]
    if (text.size(0) == 2 * image.size(0)) {
      const at::Tensor null = projection.NullImageEmbeddings(image.size(0));
      image = at::cat({null, image.to(null.scalar_type())});  // [2N, D]
    }
    const decoder::TextProjection::Output output = projection.Forward(image, text, call.In("text_encoder_hidden_states"));
    call.Compare("out0", output.context, tolerance, comparison);
    call.Compare("out1", output.class_labels, tolerance, comparison);
  }
}

void ReplayDecoder(const Trace& trace, const decoder::Unet& unet, double tolerance, Comparison& comparison) {
  for (int i = 0; i < trace.CallCount("decoder"); ++i) {
    const Call call(trace, "decoder", i);
    const at::Tensor x = call.In("sample");  // [N, 3, H, W]
    const decoder::Unet::Context context = {
        .tokens = call.In("encoder_hidden_states"), .mask = call.In("attention_mask"), .class_labels = call.In("class_labels")};
    call.Compare("sample", unet.PredictOnce(x, call.Timesteps(x.size(0)), &context), tolerance, comparison);
  }
}

void ReplayUpsampler(const Trace& trace, const std::string& module, const decoder::Unet& unet, double tolerance,
                     Comparison& comparison) {
  for (int i = 0; i < trace.CallCount(module); ++i) {
    const Call call(trace, module, i);
    const at::Tensor x = call.In("sample");  // [N, 6, H, W]
    call.Compare("sample", unet.PredictOnce(x, call.Timesteps(x.size(0)), /*context=*/nullptr), tolerance, comparison);
  }
}

}  // namespace

absl::StatusOr<at::Tensor> Preprocess(const clip::ClipVision& vision, const at::Tensor& input_image) {
  const at::Tensor samples = input_image.contiguous();  // [H, W, 3] uint8
  const uint8_t* data = samples.data_ptr<uint8_t>();
  const RgbImage image = {.width = static_cast<int>(samples.size(1)),
                          .height = static_cast<int>(samples.size(0)),
                          .pixels = std::vector<uint8_t>(data, data + samples.numel())};
  ASSIGN_OR_RETURN(std::vector<float> pixels, vision.preprocessor.Process(image));
  return at::from_blob(pixels.data(), {1, 3, vision.preprocessor.height(), vision.preprocessor.width()}, at::kFloat).clone();
}

absl::Status ReplayModules(const Trace& trace, const Networks& networks, const Tolerance& tolerance, Comparison& comparison) {
  const double relative = tolerance.module_relative;
  ReplayText(trace, *networks.text, relative, comparison);
  if (networks.vision != nullptr) RETURN_IF_ERROR(ReplayVision(trace, *networks.vision, relative, comparison));
  if (networks.prior != nullptr) ReplayPrior(trace, *networks.prior, relative, comparison);
  const decoder::DecoderModel& decoder = *networks.decoder;
  ReplayTextProjection(trace, decoder.text_projection, relative, comparison);
  ReplayDecoder(trace, decoder.unet, relative, comparison);
  ReplayUpsampler(trace, "super_res_first", decoder.upsamplers[0]->first, relative, comparison);
  ReplayUpsampler(trace, "super_res_last", decoder.upsamplers[0]->last, relative, comparison);
  return absl::OkStatus();
}

}  // namespace unclip::replay
