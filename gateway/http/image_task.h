// The three things that can be asked for.
#ifndef UNCLIP_GATEWAY_HTTP_IMAGE_TASK_H_
#define UNCLIP_GATEWAY_HTTP_IMAGE_TASK_H_

namespace unclip::gateway {

enum class ImageTask { kGeneration, kEdit, kVariation };

// "generation", "edit" or "variation".
constexpr const char* ImageTaskName(ImageTask task) {
  switch (task) {
    case ImageTask::kGeneration:
      return "generation";
    case ImageTask::kEdit:
      return "edit";
    case ImageTask::kVariation:
      return "variation";
  }
  return "";
}

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_HTTP_IMAGE_TASK_H_
