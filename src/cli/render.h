#pragma once
// How screens are drawn: tables whose columns line up, colour only where it is asked for, times and
// foreign text made fit to be shown. Pure.

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "model/grid.h"
#include "model/states.h"

namespace mayfly::cli {

enum class Tone { kPlain, kGood, kBad, kWarn, kFaint, kStrong };

Tone ToneOf(RunState state);
Tone ToneOf(StageState state);
Tone ToneOf(TaskState state);
Tone ToneOf(MachineState state);
Tone ToneOf(Verdict verdict);

// Puts a tone on text by escape sequences, or leaves the text alone where there are no colours.
class Paint {
 public:
  explicit Paint(bool has_colours) : has_colours_(has_colours) {}
  std::string operator()(Tone tone, std::string_view text) const;

 private:
  bool has_colours_;
};

struct Cell {
  std::string text;
  Tone tone = Tone::kPlain;
};

// Rows under a header of up to as many lines as the longest title has. A column in which every cell
// is empty is left out; nothing is ever cut off.
class Table {
 public:
  enum class Align { kLeft, kRight };
  struct Column {
    std::string title;  // '\n' begins its next line
    Align align = Align::kLeft;
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // As many cells as columns, or fewer: the rest is empty.
  void Add(std::vector<Cell> row);
  bool empty() const { return rows_.empty(); }
  std::string Render(const Paint& paint, std::size_t indent = 2) const;

 private:
  std::size_t WidthOf(std::size_t column) const;

  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

// Columns of a terminal that the text takes: its characters, not its bytes.
std::size_t DisplayWidth(std::string_view text);

// A title on several lines, none longer than `width` if its words allow it.
std::string WrapTitle(std::string_view title, std::size_t width);

// "2025-07-01 12:00:03", UTC; "-" where absent.
std::string ShowInstant(const std::optional<Instant>& instant);

// "12:00:03.250", UTC.
std::string ShowTimeOfDay(Instant instant);

// Text of other programs without what a terminal would obey: control characters become '?'.
std::string WithoutControls(std::string_view text);

// The name by which a task is addressed: "load@eurusd".
std::string TaskName(std::string_view stage, const Point& point);

// Two spaces deep, with a newline at the end; bytes that are not UTF-8 are replaced.
std::string DumpJson(const nlohmann::ordered_json& json);

// The same on one line, for streams of objects.
std::string DumpJsonLine(const nlohmann::ordered_json& json);

nlohmann::ordered_json JsonInstant(const std::optional<Instant>& instant);

}  // namespace mayfly::cli
