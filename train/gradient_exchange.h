// How the processes of one training run share their gradients.
#ifndef UNCLIP_TRAIN_GRADIENT_EXCHANGE_H_
#define UNCLIP_TRAIN_GRADIENT_EXCHANGE_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace unclip::train {

// Each process trains on batches of its own; after each step all have the mean of all gradients, to the same bits, so that their
// parameters stay equal. All must call Average() equally often. Not thread-safe.
class GradientExchange {
 public:
  virtual ~GradientExchange() = default;

  // Replaces the float32 tensors, of the same shapes in all processes, by the means over all. Returns whether `stop` was set in
  // any of the processes: then all stop at this step. UNAVAILABLE when another process went away, INVALID_ARGUMENT when it trains
  // something else.
  virtual absl::StatusOr<bool> Average(const std::vector<at::Tensor>& gradients, bool stop) = 0;

  virtual int rank() const = 0;
  virtual int world_size() const = 0;
};

// For a process that is alone.
std::unique_ptr<GradientExchange> NoExchange();

struct TcpExchangeOptions {
  std::string address;  // HOST:PORT where rank 0 listens
  int rank = 0;         // of this process, 0 to world_size - 1
  int world_size = 2;
  absl::Duration patience = absl::Minutes(5);  // for the others to come
};

// Through rank 0, which adds up what the others send in the order of their ranks. For a few machines or a few processes: rank 0
// takes in and sends out the gradients of all others at each step. What is sent is neither encrypted nor authenticated: for a
// network of one's own. Waits for the others. `bound`, if not null, is told the address of rank 0, whose port may be 0, before it
// waits.
absl::StatusOr<std::unique_ptr<GradientExchange>> ConnectTcpExchange(const TcpExchangeOptions& options,
                                                                     const std::function<void(const std::string&)>& bound = {});

}  // namespace unclip::train

#endif  // UNCLIP_TRAIN_GRADIENT_EXCHANGE_H_
