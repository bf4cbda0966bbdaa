#pragma once
// What a try of one task found, for people and for programs. Pure.

#include <string>
#include <vector>

#include "cli/render.h"
#include "model/run.h"
#include "seams/read_store.h"

namespace mayfly::cli {

struct TryReport {
  RunId run;
  std::string phase;
  std::string task;    // "daily@eurusd/2024-07"
  std::string reason;  // why the run stands where it does
  TaskStory story;
  std::int64_t needed = 0;        // tasks besides it
  std::vector<TaskView> failed;   // of those that it needed
  std::vector<Finding> findings;  // empty unless it is done
  RowSample sample;
  std::vector<std::int64_t> places;  // of the rows of the sample, from 0

  bool is_done() const { return story.task.state == TaskState::kDone; }
};

std::string RenderTry(const TryReport& report, const Paint& paint);

// Keys: docs/cli/run.md.
std::string TryToJson(const TryReport& report);

}  // namespace mayfly::cli
