// libjpeg reports errors by longjmp(), which skips destructors. So each function here that calls setjmp() holds plain data only,
// and what owns memory lives in its caller.
#include "common/image/jpeg_codec.h"

#include <jerror.h>
#include <jpeglib.h>
#include <stdio.h>  // jpeglib.h uses FILE without including it

#include <algorithm>
#include <csetjmp>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace unclip {
namespace {

// Encoders write about 10. Each scan costs a pass over the whole picture however few bytes it has.
constexpr int kMaxScans = 100;

// From this quality up, colour at half resolution would be the most visible loss.
constexpr int kFullColourQuality = 90;

struct ErrorHandler {
  jpeg_error_mgr manager;  // first, so that a pointer to it is a pointer to the handler
  jmp_buf jump;
  char message[JMSG_LENGTH_MAX];
};

[[noreturn]] void OnError(j_common_ptr codec) {
  auto* handler = reinterpret_cast<ErrorHandler*>(codec->err);
  (*codec->err->format_message)(codec, handler->message);
  std::longjmp(handler->jump, 1);
}

// libjpeg would fill up a truncated picture with gray.
void OnMessage(j_common_ptr codec, int level) {
  if (level < 0 && codec->err->msg_code == JWRN_JPEG_EOF) OnError(codec);
}

void OnProgress(j_common_ptr codec) {
  if (!codec->is_decompressor || reinterpret_cast<j_decompress_ptr>(codec)->input_scan_number <= kMaxScans) return;
  auto* handler = reinterpret_cast<ErrorHandler*>(codec->err);
  std::snprintf(handler->message, sizeof(handler->message), "more than %d scans", kMaxScans);
  std::longjmp(handler->jump, 1);
}

void SetUp(ErrorHandler& handler) {
  jpeg_std_error(&handler.manager);
  handler.manager.error_exit = &OnError;
  handler.manager.emit_message = &OnMessage;
}

bool ReadHeader(jpeg_decompress_struct& codec, ErrorHandler& handler, jpeg_progress_mgr& progress, absl::string_view bytes) {
  if (setjmp(handler.jump) != 0) return false;
  jpeg_create_decompress(&codec);
  codec.progress = &progress;
  jpeg_mem_src(&codec, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  jpeg_read_header(&codec, TRUE);
  return true;
}

bool ReadRows(jpeg_decompress_struct& codec, ErrorHandler& handler, uint8_t* rows, size_t row_size) {
  if (setjmp(handler.jump) != 0) return false;
  jpeg_start_decompress(&codec);
  while (codec.output_scanline < codec.output_height) {
    JSAMPROW row = rows + codec.output_scanline * row_size;
    jpeg_read_scanlines(&codec, &row, 1);
  }
  return true;
}

bool WriteRows(jpeg_compress_struct& codec, ErrorHandler& handler, const RgbImage& image, int quality, unsigned char** buffer,
               unsigned long* size) {  // NOLINT(google-runtime-int): libjpeg's type
  if (setjmp(handler.jump) != 0) return false;
  jpeg_create_compress(&codec);
  jpeg_mem_dest(&codec, buffer, size);
  codec.image_width = image.width;
  codec.image_height = image.height;
  codec.input_components = 3;
  codec.in_color_space = JCS_RGB;
  jpeg_set_defaults(&codec);
  jpeg_set_quality(&codec, quality, TRUE);
  if (quality >= kFullColourQuality) codec.comp_info[0].h_samp_factor = codec.comp_info[0].v_samp_factor = 1;
  jpeg_start_compress(&codec, TRUE);
  while (codec.next_scanline < codec.image_height) {
    auto* row = const_cast<JSAMPROW>(&image.pixels[static_cast<size_t>(codec.next_scanline) * image.width * 3]);
    jpeg_write_scanlines(&codec, &row, 1);
  }
  jpeg_finish_compress(&codec);
  return true;
}

// Pillow's cmyk2rgb() on samples that, as Adobe writes them, say how much of the ink is missing.
void ConvertInvertedCmyk(const std::vector<uint8_t>& cmyk, std::vector<uint8_t>& rgb) {
  for (size_t pixel = 0; pixel < cmyk.size() / 4; ++pixel) {
    const int paper = cmyk[4 * pixel + 3];
    for (int i = 0; i < 3; ++i) {
      const int product = (255 - cmyk[4 * pixel + i]) * paper + 128;
      rgb[3 * pixel + i] = static_cast<uint8_t>(std::clamp(paper - (((product >> 8) + product) >> 8), 0, 255));
    }
  }
}

}  // namespace

bool IsJpeg(absl::string_view bytes) { return absl::StartsWith(bytes, "\xff\xd8\xff"); }

absl::StatusOr<RgbImage> DecodeJpeg(absl::string_view bytes, const ImageLimits& limits) {
  ErrorHandler handler;
  SetUp(handler);
  const auto broken = [&handler] {
    return absl::InvalidArgumentError(absl::StrCat("image is not a valid JPEG: ", handler.message));
  };
  jpeg_decompress_struct codec = {};
  codec.err = &handler.manager;
  const absl::Cleanup destroy = [&codec] { jpeg_destroy_decompress(&codec); };
  jpeg_progress_mgr progress = {};
  progress.progress_monitor = &OnProgress;

  if (!ReadHeader(codec, handler, progress, bytes)) return broken();
  RETURN_IF_ERROR(CheckImageSize(codec.image_width, codec.image_height, limits));
  if (codec.num_components != 1 && codec.num_components != 3 && codec.num_components != 4) {
    return absl::InvalidArgumentError(
        absl::StrCat("image is a JPEG of ", codec.num_components, " components; it must have 1, 3 or 4"));
  }
  const bool is_cmyk = codec.num_components == 4;
  codec.out_color_space = is_cmyk ? JCS_CMYK : JCS_RGB;

  const size_t pixel_count = size_t{codec.image_width} * codec.image_height;
  RgbImage image{.width = static_cast<int>(codec.image_width),
                 .height = static_cast<int>(codec.image_height),
                 .pixels = std::vector<uint8_t>(pixel_count * 3)};
  if (!is_cmyk) {
    if (!ReadRows(codec, handler, image.pixels.data(), size_t{3} * image.width)) return broken();
    return image;
  }
  std::vector<uint8_t> cmyk(pixel_count * 4);
  if (!ReadRows(codec, handler, cmyk.data(), size_t{4} * image.width)) return broken();
  ConvertInvertedCmyk(cmyk, image.pixels);
  return image;
}

absl::StatusOr<std::string> EncodeJpeg(const RgbImage& image, int quality) {
  if (image.width > JPEG_MAX_DIMENSION || image.height > JPEG_MAX_DIMENSION) {
    return absl::InvalidArgumentError(absl::StrCat("image is ", image.width, "x", image.height, " pixels; JPEG can say at most ",
                                                   JPEG_MAX_DIMENSION, " a side"));
  }
  ErrorHandler handler;
  SetUp(handler);
  jpeg_compress_struct codec = {};
  codec.err = &handler.manager;
  unsigned char* buffer = nullptr;
  unsigned long size = 0;  // NOLINT(google-runtime-int): libjpeg's type
  const absl::Cleanup destroy = [&] {
    jpeg_destroy_compress(&codec);
    std::free(buffer);
  };
  if (!WriteRows(codec, handler, image, quality, &buffer, &size)) {
    return absl::InternalError(absl::StrCat("cannot encode a JPEG: ", handler.message));
  }
  return std::string(reinterpret_cast<const char*>(buffer), size);
}

}  // namespace unclip
