#include "cli/render.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/check.h"
#include "base/text.h"

namespace mayfly::cli {
namespace {

using nlohmann::ordered_json;

constexpr std::string_view kGap = "  ";

std::string_view CodeOf(Tone tone) {
  switch (tone) {
    case Tone::kPlain:
      return "";
    case Tone::kGood:
      return "32";
    case Tone::kBad:
      return "31";
    case Tone::kWarn:
      return "33";
    case Tone::kFaint:
      return "2";
    case Tone::kStrong:
      return "1";
  }
  return "";
}

std::string Padded(std::string_view text, std::size_t width, Table::Align align) {
  std::size_t taken = DisplayWidth(text);
  std::string room(width > taken ? width - taken : 0, ' ');
  return align == Table::Align::kLeft ? std::string(text) + room : room + std::string(text);
}

std::string_view LineOf(std::string_view title, std::size_t line) {
  while (line-- > 0) {
    std::size_t end = title.find('\n');
    if (end == std::string_view::npos) return "";
    title.remove_prefix(end + 1);
  }
  return title.substr(0, title.find('\n'));
}

std::size_t LinesOf(std::string_view title) {
  return 1 + static_cast<std::size_t>(std::count(title.begin(), title.end(), '\n'));
}

}  // namespace

Tone ToneOf(RunState state) {
  switch (state) {
    case RunState::kClosed:
      return Tone::kGood;
    case RunState::kFailed:
    case RunState::kCancelled:
      return Tone::kBad;
    case RunState::kPaused:
      return Tone::kWarn;
    case RunState::kPlanned:
    case RunState::kApproved:
    case RunState::kRunning:
    case RunState::kVerifying:
    case RunState::kFinishing:
      return Tone::kStrong;
  }
  return Tone::kPlain;
}

Tone ToneOf(StageState state) {
  switch (state) {
    case StageState::kComplete:
      return Tone::kGood;
    case StageState::kFailed:
      return Tone::kBad;
    case StageState::kSkipped:
      return Tone::kWarn;
    case StageState::kBlocked:
      return Tone::kFaint;
    case StageState::kOpen:
      return Tone::kStrong;
  }
  return Tone::kPlain;
}

Tone ToneOf(TaskState state) {
  switch (state) {
    case TaskState::kDone:
      return Tone::kGood;
    case TaskState::kQuarantined:
      return Tone::kBad;
    case TaskState::kSkipped:
      return Tone::kWarn;
    case TaskState::kBlocked:
      return Tone::kFaint;
    case TaskState::kReady:
    case TaskState::kLeased:
      return Tone::kStrong;
  }
  return Tone::kPlain;
}

Tone ToneOf(MachineState state) {
  switch (state) {
    case MachineState::kGone:
      return Tone::kFaint;
    case MachineState::kDraining:
    case MachineState::kHeld:
    case MachineState::kEnding:
      return Tone::kWarn;
    case MachineState::kIntended:
    case MachineState::kBooting:
    case MachineState::kWorking:
      return Tone::kStrong;
  }
  return Tone::kPlain;
}

Tone ToneOf(Verdict verdict) { return verdict == Verdict::kPass ? Tone::kGood : Tone::kBad; }

std::string Paint::operator()(Tone tone, std::string_view text) const {
  if (!has_colours_ || tone == Tone::kPlain || text.empty()) return std::string(text);
  return fmt::format("\x1b[{}m{}\x1b[0m", CodeOf(tone), text);
}

void Table::Add(std::vector<Cell> row) {
  CHECK(row.size() <= columns_.size(), "a row has no more cells than the table has columns");
  row.resize(columns_.size());
  rows_.push_back(std::move(row));
}

std::size_t Table::WidthOf(std::size_t column) const {
  std::size_t width = 0;
  for (const auto& row : rows_) width = std::max(width, DisplayWidth(row[column].text));
  if (width == 0) return 0;  // no cell has text: the column is left out
  std::string_view title = columns_[column].title;
  for (std::size_t line = 0; line < LinesOf(title); ++line) {
    width = std::max(width, DisplayWidth(LineOf(title, line)));
  }
  return width;
}

std::string Table::Render(const Paint& paint, std::size_t indent) const {
  std::vector<std::size_t> widths;
  std::size_t height = 1;
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    widths.push_back(WidthOf(c));
    height = std::max(height, LinesOf(columns_[c].title));
  }
  // A line is put together without its tail of spaces, so that piped output has none.
  auto line_of = [&](auto&& cell_of) {
    std::string text;
    std::string pending(indent, ' ');
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      if (widths[c] == 0) continue;
      Cell cell = cell_of(c);
      std::string padded = Padded(cell.text, widths[c], columns_[c].align);
      std::size_t body = cell.text.empty() ? 0 : padded.find_last_not_of(' ') + 1;
      if (body > 0) {
        std::size_t lead = columns_[c].align == Align::kRight ? padded.find_first_not_of(' ') : 0;
        text += pending + padded.substr(0, lead) +
                paint(cell.tone, std::string_view(padded).substr(lead, body - lead));
        pending = padded.substr(body);
      } else {
        pending += padded;
      }
      pending += kGap;
    }
    return text + "\n";
  };
  std::string text;
  for (std::size_t line = 0; line < height; ++line) {
    text += line_of([&](std::size_t c) {
      // Titles stand on the last lines of the header, next to what they are about.
      std::size_t above = height - LinesOf(columns_[c].title);
      std::string_view part = line < above ? "" : LineOf(columns_[c].title, line - above);
      return Cell{std::string(part), Tone::kFaint};
    });
  }
  for (const auto& row : rows_) {
    text += line_of([&](std::size_t c) { return row[c]; });
  }
  return text;
}

std::size_t DisplayWidth(std::string_view text) {
  auto begins_character = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; };
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins_character));
}

std::string WrapTitle(std::string_view title, std::size_t width) {
  std::string text;
  std::size_t taken = 0;
  for (const std::string& word : Split(title, ' ')) {
    std::size_t needed = DisplayWidth(word);
    bool fits = taken == 0 || taken + 1 + needed <= width;
    if (!text.empty()) text += fits ? ' ' : '\n';
    taken = fits && taken > 0 ? taken + 1 + needed : needed;
    text += word;
  }
  return text;
}

std::string ShowInstant(const std::optional<Instant>& instant) {
  if (!instant) return "-";
  std::string text = FormatInstant(std::chrono::floor<std::chrono::seconds>(*instant));
  text[10] = ' ';
  text.pop_back();
  return text;
}

std::string ShowTimeOfDay(Instant instant) {
  auto days = std::chrono::floor<std::chrono::days>(instant);
  std::int64_t ms = (instant - days).count() / 1000;
  return fmt::format("{:02}:{:02}:{:02}.{:03}", ms / 3'600'000, ms / 60'000 % 60, ms / 1000 % 60,
                     ms % 1000);
}

std::string WithoutControls(std::string_view text) {
  std::string shown(text);
  for (char& c : shown) {
    bool is_control = (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F;
    if (is_control) c = '?';
  }
  return shown;
}

std::string TaskName(std::string_view stage, const Point& point) {
  return fmt::format("{}@{}", stage, point.Key());
}

std::string DumpJson(const ordered_json& json) {
  return json.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

std::string DumpJsonLine(const ordered_json& json) {
  return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

ordered_json JsonInstant(const std::optional<Instant>& instant) {
  return instant ? ordered_json(FormatInstant(*instant)) : ordered_json(nullptr);
}

}  // namespace mayfly::cli
