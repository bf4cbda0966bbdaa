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
  // Work on this task of the group begins, or goes on after that on others: until the next one's
  // it is what takes the time, and what an error is about.
  void Begin(std::size_t index) {
    failed = index;
    if (on_begin) on_begin(index);
  }

  std::function<void(std::size_t index)> on_begin;  // hears of each Begin; may be absent
  std::size_t failed = 0;                           // index of the task that an error is about
  std::string output;                               // the last part of what that task printed
};

class TaskExecutor {
 public:
  virtual ~TaskExecutor() = default;

  // Computes all tasks of a group, then opens one transaction and writes their leaves. On success
  // the transaction is open and waits for TaskQueue::Complete; on failure nothing counts and the
  // caller rolls back through Fail or Release. Asks `cancelled` between steps (kCancelled). Tells
  // by notes.Begin whose work it does, before anything that can take long.
  virtual Result<std::vector<Completion>> Execute(std::span<const LeasedTask> tasks,
                                                  const std::function<bool()>& cancelled,
                                                  ExecutionNotes& notes) = 0;
};

}  // namespace mayfly
