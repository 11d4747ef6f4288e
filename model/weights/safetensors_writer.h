// Writer of a safetensors file, tensor by tensor.
#ifndef UNCLIP_MODEL_WEIGHTS_SAFETENSORS_WRITER_H_
#define UNCLIP_MODEL_WEIGHTS_SAFETENSORS_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "model/weights/tensor_entry.h"

namespace unclip::model {

// All names, types and shapes are told first, since they make the header; then the data is appended in that order, in pieces of
// any size, so that a file larger than memory can be written. The data begins at a multiple of 64 bytes. Not thread-safe.
class SafetensorsWriter {
 public:
  struct Declaration {
    std::string name;
    Dtype dtype = Dtype::kF32;
    std::vector<int64_t> shape;
  };

  // Creates (or replaces) `path` and writes the header. INVALID_ARGUMENT for a name given twice or empty, or a negative or
  // overflowing shape; otherwise what the operating system says.
  static absl::StatusOr<std::unique_ptr<SafetensorsWriter>> Create(const std::string& path,
                                                                   const std::vector<Declaration>& tensors,
                                                                   const std::map<std::string, std::string>& metadata = {});

  ~SafetensorsWriter();
  SafetensorsWriter(const SafetensorsWriter&) = delete;
  SafetensorsWriter& operator=(const SafetensorsWriter&) = delete;

  // Writes the next bytes of data. OUT_OF_RANGE past what was declared; otherwise what the operating system says.
  absl::Status Append(absl::Span<const std::byte> data);

  // Closes the file. FAILED_PRECONDITION when data is missing. A file not closed so is removed.
  absl::Status Close();

 private:
  SafetensorsWriter(std::string path, std::FILE* file, uint64_t remaining)
      : path_(std::move(path)), file_(file), remaining_(remaining) {}

  const std::string path_;
  std::FILE* file_;     // null once closed
  uint64_t remaining_;  // bytes of data still to come
};

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_WEIGHTS_SAFETENSORS_WRITER_H_
