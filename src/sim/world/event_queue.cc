#include "sim/world/event_queue.h"

#include <algorithm>
#include <utility>

namespace mayfly::sim {

bool EventQueue::Later(const Entry& a, const Entry& b) {
  return a.at != b.at ? a.at > b.at : a.tie > b.tie;
}

void EventQueue::At(Duration when, std::function<void()> what) {
  heap_.push_back({std::max(when, time_.now), ties_.Next(), std::move(what)});
  std::ranges::push_heap(heap_, Later);
}

std::optional<Duration> EventQueue::NextAt() const {
  if (heap_.empty()) return std::nullopt;
  return heap_.front().at;
}

void EventQueue::RunNext() {
  std::ranges::pop_heap(heap_, Later);
  Entry entry = std::move(heap_.back());
  heap_.pop_back();
  time_.now = entry.at;
  entry.what();
}

}  // namespace mayfly::sim
