#include "worker/worker_log.h"

#include <fmt/format.h>

namespace mayfly {
namespace {

constexpr std::size_t kMostBytes = 64 * 1024;

}  // namespace

void WorkerLog::Add(std::string_view line) {
  if (waiting_.size() >= kMostBytes) {
    ++lost_;
    return;
  }
  waiting_.append(line).append("\n");
}

Status WorkerLog::Flush() {
  if (waiting_.empty()) return {};
  std::string text = waiting_;
  if (lost_ > 0) text += fmt::format("{} lines more came at once and were not kept\n", lost_);
  TRY(registry_.Log(run_, machine_, text));
  waiting_.clear();
  lost_ = 0;
  return {};
}

}  // namespace mayfly
