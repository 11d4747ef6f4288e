#include "model/weights/spec_recorder.h"

#include "absl/strings/str_cat.h"

namespace unclip::model {

at::Tensor SpecRecorder::Get(const std::string& name, const std::vector<int64_t>& shape) {
  if (!status_.ok()) return {};
  int64_t elements = 1;
  for (const int64_t extent : shape) {
    if (extent < 0 || (extent > 0 && elements > kMaxElements / extent)) {
      status_ = absl::InvalidArgumentError(absl::StrCat("the config asks for a tensor \"", name, "\" of shape ", ShapeText(shape),
                                                        "; at most ", kMaxElements, " elements are possible"));
      return {};
    }
    elements *= extent;
  }
  const auto [it, is_new] = index_.emplace(name, specs_.size());
  if (is_new) {
    specs_.push_back({.name = name, .shape = shape});
  } else if (specs_[it->second].shape != shape) {
    status_ = absl::InvalidArgumentError(absl::StrCat("tensor \"", name, "\" is asked for with shape ", ShapeText(shape), " and ",
                                                      ShapeText(specs_[it->second].shape)));
  }
  return {};
}

bool SpecRecorder::Has(const std::string&) const { return false; }

}  // namespace unclip::model
