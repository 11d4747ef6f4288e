#include "train/gradient_exchange.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/randn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/status_matchers.h"

namespace unclip::train {
namespace {

using ::testing::HasSubstr;

// What rank 0's process and those that join it do, each on a thread.
struct Group {
  using Body = std::function<absl::Status(GradientExchange& exchange)>;

  // Returns how each ended, by rank.
  static std::vector<absl::Status> Run(int world_size, const Body& body) {
    std::promise<std::string> address;
    std::vector<absl::Status> statuses(world_size);
    std::vector<std::thread> threads;
    const auto run = [&](const TcpExchangeOptions& options, const std::function<void(const std::string&)>& bound) {
      absl::StatusOr<std::unique_ptr<GradientExchange>> exchange = ConnectTcpExchange(options, bound);
      statuses[options.rank] = exchange.ok() ? body(**exchange) : exchange.status();
    };
    threads.emplace_back([&] {
      run({.address = "127.0.0.1:0", .rank = 0, .world_size = world_size, .patience = absl::Minutes(1)},
          [&](const std::string& bound) { address.set_value(bound); });
    });
    const std::string where = address.get_future().get();
    for (int rank = 1; rank < world_size; ++rank) {
      threads.emplace_back(
          [&, rank] { run({.address = where, .rank = rank, .world_size = world_size, .patience = absl::Minutes(1)}, {}); });
    }
    for (std::thread& thread : threads) thread.join();
    return statuses;
  }
};

TEST(GradientExchangeTest, GivesAllTheMeanToTheSameBits) {
  const std::vector<at::Tensor> sent = {at::randn({3, 5}), at::randn({3, 5}), at::randn({3, 5})};
  std::vector<at::Tensor> received(3);
  const std::vector<absl::Status> statuses = Group::Run(3, [&](GradientExchange& exchange) {
    const at::Tensor gradient = sent[exchange.rank()].clone(), other = at::full({2}, static_cast<double>(exchange.rank()));
    const absl::StatusOr<bool> stop = exchange.Average({gradient, other}, /*stop=*/false);
    EXPECT_FALSE(stop.value_or(true));
    EXPECT_TRUE(at::equal(other, at::full({2}, 1.0)));
    received[exchange.rank()] = gradient;
    return stop.status();
  });
  for (const absl::Status& status : statuses) EXPECT_OK(status);
  EXPECT_TRUE(at::allclose(received[0], (sent[0] + sent[1] + sent[2]) / 3));
  EXPECT_TRUE(at::equal(received[0], received[1]));
  EXPECT_TRUE(at::equal(received[0], received[2]));
}

TEST(GradientExchangeTest, StopsAllWhenOneIsToldTo) {
  const std::vector<absl::Status> statuses = Group::Run(3, [&](GradientExchange& exchange) {
    const at::Tensor gradient = at::full({4}, 1.0);
    EXPECT_FALSE(exchange.Average({gradient}, /*stop=*/false).value_or(true));
    EXPECT_TRUE(exchange.Average({gradient}, /*stop=*/exchange.rank() == 1).value_or(false));
    return absl::OkStatus();
  });
  for (const absl::Status& status : statuses) EXPECT_OK(status);
}

TEST(GradientExchangeTest, TellsWhenAnotherProcessWentAway) {
  const std::vector<absl::Status> statuses = Group::Run(2, [&](GradientExchange& exchange) {
    if (exchange.rank() == 1) return absl::OkStatus();  // leaves at once
    return exchange.Average({at::full({4}, 1.0)}, /*stop=*/false).status();
  });
  EXPECT_THAT(statuses[0], StatusIs(absl::StatusCode::kUnavailable, HasSubstr("process 1 went away")));
}

TEST(GradientExchangeTest, RefusesAProcessThatTrainsSomethingElse) {
  const std::vector<absl::Status> statuses = Group::Run(2, [&](GradientExchange& exchange) {
    return exchange.Average({at::full({4 + exchange.rank()}, 1.0)}, /*stop=*/false).status();
  });
  EXPECT_THAT(statuses[0], StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("has 5 gradients")));
  EXPECT_THAT(statuses[1], StatusIs(absl::StatusCode::kUnavailable, HasSubstr("process 0 went away")));
}

TEST(GradientExchangeTest, TellsHowManyDidNotCome) {
  const TcpExchangeOptions options = {.address = "127.0.0.1:0", .rank = 0, .world_size = 3, .patience = absl::Milliseconds(1)};
  EXPECT_THAT(ConnectTcpExchange(options).status(),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("2 of 3 processes did not come")));
}

TEST(GradientExchangeTest, RefusesAnAddressThatIsNone) {
  for (const char* address : {"", "here", "here:", "here:65536", "here:-1"}) {
    EXPECT_THAT(ConnectTcpExchange({.address = address}).status(),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("must be HOST:PORT")));
  }
}

}  // namespace
}  // namespace unclip::train
