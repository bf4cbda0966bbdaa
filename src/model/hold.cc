#include "model/hold.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace mayfly {
namespace {

constexpr std::array<std::pair<HoldState, std::string_view>, 5> kHoldNames{{
    {HoldState::kAsked, "asked"},
    {HoldState::kPromised, "promised"},
    {HoldState::kGranted, "granted"},
    {HoldState::kRefused, "refused"},
    {HoldState::kWithdrawn, "withdrawn"},
}};
constexpr std::array<std::pair<ExecEnd, std::string_view>, 6> kEndNames{{
    {ExecEnd::kExited, "exited"},
    {ExecEnd::kSignalled, "signalled"},
    {ExecEnd::kTimedOut, "timed out"},
    {ExecEnd::kCancelled, "cancelled"},
    {ExecEnd::kNotStarted, "not started"},
    {ExecEnd::kMachineEnded, "machine ended"},
}};

template <typename Value, std::size_t N>
std::string_view NameIn(const std::array<std::pair<Value, std::string_view>, N>& table,
                        Value value) {
  auto row = std::ranges::find(table, value, &std::pair<Value, std::string_view>::first);
  CHECK(row != table.end(), "a value without a name");
  return row->second;
}

template <typename Value, std::size_t N>
Result<Value> ParseIn(const std::array<std::pair<Value, std::string_view>, N>& table,
                      std::string_view name) {
  auto row = std::ranges::find(table, name, &std::pair<Value, std::string_view>::second);
  if (row != table.end()) return row->first;
  return Corrupt(fmt::format("the ledger holds an unknown word \"{}\"", name));
}

bool IsPlain(std::string_view word) {
  return !word.empty() && std::ranges::all_of(word, [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view("-_./=:,+@%").find(static_cast<char>(c)) != std::string_view::npos;
  });
}

std::string QuoteWord(const std::string& word) {
  if (IsPlain(word)) return word;
  std::string quoted = "'";
  for (char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

}  // namespace

std::string_view Name(HoldState state) { return NameIn(kHoldNames, state); }
std::string_view Name(ExecEnd how) { return NameIn(kEndNames, how); }
Result<HoldState> ParseHoldState(std::string_view name) { return ParseIn(kHoldNames, name); }
Result<ExecEnd> ParseExecEnd(std::string_view name) { return ParseIn(kEndNames, name); }

std::string Describe(const ExecExit& exit) {
  std::string text;
  switch (exit.how) {
    case ExecEnd::kExited:
      text = fmt::format("exited with {}", exit.code);
      break;
    case ExecEnd::kSignalled:
      text = fmt::format("was ended by signal {}", exit.code);
      break;
    case ExecEnd::kTimedOut:
      text = "ran over its timeout and was ended";
      break;
    case ExecEnd::kCancelled:
      text = "was cancelled";
      break;
    case ExecEnd::kNotStarted:
      text = "could not be started";
      break;
    case ExecEnd::kMachineEnded:
      text = "ended with its machine";
      break;
  }
  return exit.note.empty() ? text : text + ": " + exit.note;
}

std::string QuoteArgv(const std::vector<std::string>& argv) {
  std::string text;
  for (const std::string& word : argv) text += (text.empty() ? "" : " ") + QuoteWord(word);
  return text;
}

}  // namespace mayfly
