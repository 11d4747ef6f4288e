// Reader of a safetensors file: an untrusted file of named tensors, mapped and fully checked before any tensor is handed out.
#ifndef UNCLIP_MODEL_WEIGHTS_SAFETENSORS_FILE_H_
#define UNCLIP_MODEL_WEIGHTS_SAFETENSORS_FILE_H_

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "model/weights/mapped_file.h"
#include "model/weights/tensor_entry.h"

namespace unclip::model {

// The format (github.com/huggingface/safetensors, README "Format"): 8 bytes, little-endian length N of the header; N bytes of
// JSON
// {"NAME": {"dtype": "F32", "shape": [2, 3], "data_offsets": [BEGIN, END]}, ..., "__metadata__": {"KEY": "VALUE"}}, padded at the
// end with spaces (or zero bytes, which some writers leave); then the data, which offsets count from.
//
// Refused, with a line that names the file and the tensor: a header that is longer than kMaxHeaderBytes or the file, or is no
// JSON object; a name or member given twice; more than kMaxTensors tensors; a type that is unknown or smaller than a byte; more
// than kMaxRank dimensions; offsets that are reversed, outside the file, overlapping or with holes, or that do not end where the
// file does; a range that is not shape × type. Legal: scalars, and tensors without elements.
//
// Immutable and thread-safe. See MappedFile for what may happen to the file meanwhile.
class SafetensorsFile {
 public:
  static constexpr size_t kMaxHeaderBytes = 100'000'000;  // the reference reader's limit
  static constexpr size_t kMaxTensors = 100'000;
  static constexpr size_t kMaxRank = 16;

  // Maps and checks `path`. The errors of MappedFile::Open; DATA_LOSS when the file is cut short; INVALID_ARGUMENT when it is
  // anything else than a sound safetensors file, such as a pickle.
  static absl::StatusOr<std::shared_ptr<const SafetensorsFile>> Open(const std::string& path);

  // Every tensor, in the order of the data.
  absl::Span<const TensorEntry> tensors() const { return tensors_; }
  // Every tensor's name, in the order of the data.
  std::vector<std::string> names() const;
  // The tensor `name`, or null. Valid as long as this object.
  const TensorEntry* Find(absl::string_view name) const;

  // What `__metadata__` holds; empty without it.
  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  const std::string& path() const { return file_->path(); }
  // The length field and the header, as in the file.
  absl::Span<const std::byte> header_bytes() const { return header_bytes_; }

 private:
  explicit SafetensorsFile(std::unique_ptr<const MappedFile> file) : file_(std::move(file)) {}

  absl::Status Parse();

  const std::unique_ptr<const MappedFile> file_;
  absl::Span<const std::byte> header_bytes_;
  std::vector<TensorEntry> tensors_;
  absl::flat_hash_map<std::string, size_t> index_;  // name -> place in tensors_
  std::map<std::string, std::string> metadata_;
};

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_WEIGHTS_SAFETENSORS_FILE_H_
