#pragma once
// What a slot calls to do the work of tasks; the stage kinds implement it, a simulation fakes it.

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "seams/task_queue.h"

namespace mayfly {

// What an execution tells besides its result.
struct ExecutionNotes {
  std::size_t failed = 0;  // index of the task that an error is about
  std::string output;      // the last part of what that task printed
};

class TaskExecutor {
 public:
  virtual ~TaskExecutor() = default;

  // Computes all tasks of a group, then opens one transaction and writes their leaves. On success
  // the transaction is open and waits for TaskQueue::Complete; on failure nothing counts and the
  // caller rolls back through Fail or Release. Asks `cancelled` between steps (kCancelled).
  virtual Result<std::vector<Completion>> Execute(std::span<const LeasedTask> tasks,
                                                  const std::function<bool()>& cancelled,
                                                  ExecutionNotes& notes) = 0;
};

}  // namespace mayfly
