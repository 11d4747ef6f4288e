#include "tools/simulate/core_pool.h"

#include <algorithm>
#include <utility>

namespace unclip::simulate {
namespace {

bool HasLess(const auto& a, const auto& b) { return a.second.left < b.second.left; }

}  // namespace

void CorePool::Run(absl::Duration work, int threads, EventQueue::Action done) {
  if (cores_ == 0) {  // nobody is in anybody's way
    used_ += work * threads;
    events_->After(work, std::move(done));
    return;
  }
  Advance();
  tasks_[next_task_++] = {.left = work, .threads = threads, .done = std::move(done)};
  threads_ += threads;
  ScheduleNext();
}

double CorePool::Speed() const {
  if (threads_ == 0) return 1;
  const double neighbours = cores_ > 1 ? static_cast<double>(Busy() - 1) / (cores_ - 1) : 0;  // of 1: all the others
  return static_cast<double>(Busy()) / threads_ / (1 + (crowding_ - 1) * neighbours);
}

void CorePool::Advance() {
  const absl::Duration passed = events_->now() - changed_;
  used_ += passed * Busy();
  for (auto& [number, task] : tasks_) task.left -= passed * Speed();
  changed_ = events_->now();
}

void CorePool::ScheduleNext() {
  const uint64_t version = ++version_;
  if (tasks_.empty()) return;
  const auto next = std::min_element(tasks_.begin(), tasks_.end(), [](const auto& a, const auto& b) { return HasLess(a, b); });
  events_->After(std::max(absl::ZeroDuration(), next->second.left / Speed()), [this, version] {
    if (version == version_) EndNext();
  });
}

void CorePool::EndNext() {
  Advance();
  const auto next = std::min_element(tasks_.begin(), tasks_.end(), [](const auto& a, const auto& b) { return HasLess(a, b); });
  const EventQueue::Action done = std::move(next->second.done);
  threads_ -= next->second.threads;
  tasks_.erase(next);
  ScheduleNext();
  done();
}

}  // namespace unclip::simulate
