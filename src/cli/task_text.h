#pragma once
// The story of a task and the output of tasks and workers, for people and for programs. Pure.

#include <string>
#include <unordered_map>

#include "cli/render.h"
#include "seams/read_store.h"

namespace mayfly::cli {

// The snapshot tells why nobody works on a task, and what became of the machines that had it.
std::string RenderStory(const RunSnapshot& run, const TaskStory& story, const Paint& paint);

// Keys: docs/cli/explain.md.
std::string StoryToJson(const RunSnapshot& run, const TaskStory& story);

// Tasks by number, as "stage@point".
using TaskNames = std::unordered_map<TaskId, std::string>;

// "2025-07-01 12:00:03.250  machine 2  load@eurusd  text"; a line that no task printed names its
// source instead. Text of several lines gets as many.
std::string RenderLogLine(const LogLine& line, const TaskNames& names, const Paint& paint);

// Keys: docs/cli/logs.md; on a line of its own for streams.
nlohmann::ordered_json JsonOfLogLine(const LogLine& line, const TaskNames& names);
std::string LogLineToJson(const LogLine& line, const TaskNames& names);

}  // namespace mayfly::cli
