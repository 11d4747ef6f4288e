#include "model/torch_guard.h"

#include <c10/core/InferenceMode.h>
#include <c10/util/Exception.h>

#include <exception>
#include <new>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace unclip::model::internal {
namespace {

// The first line says what was wrong; LibTorch lets C++ and operator traces follow.
absl::string_view FirstLine(absl::string_view text) { return text.substr(0, text.find('\n')); }

absl::Status Translate(absl::string_view message) {
  const absl::string_view line = FirstLine(message);
  // The CPU allocator throws the general error type.
  if (absl::StrContains(message, "can't allocate memory") || absl::StrContains(message, "not enough memory")) {
    return absl::ResourceExhaustedError(absl::StrCat("out of memory: ", line));
  }
  return absl::InternalError(absl::StrCat("the model failed: ", line));
}

}  // namespace

absl::Status RunGuarded(absl::FunctionRef<void()> body, bool inference_mode) {
  try {
    const c10::InferenceMode mode(inference_mode);
    body();
    return absl::OkStatus();
  } catch (const c10::OutOfMemoryError& error) {
    return absl::ResourceExhaustedError(absl::StrCat("out of memory: ", FirstLine(error.what_without_backtrace())));
  } catch (const c10::Error& error) {
    return Translate(error.what_without_backtrace());
  } catch (const std::bad_alloc&) {
    return absl::ResourceExhaustedError("out of memory");
  } catch (const std::exception& error) {
    return Translate(error.what());
  } catch (...) {
    return absl::InternalError("the model failed: unknown exception");
  }
}

}  // namespace unclip::model::internal
