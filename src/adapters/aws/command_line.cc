#include "adapters/aws/command_line.h"

#include <optional>

namespace mayfly::aws {
namespace {

bool IsSpace(char c) { return c == ' ' || c == '\t'; }

// Where a backslash is an escape: outside quotes before anything, in double quotes before " and \.
bool IsEscape(std::string_view line, std::size_t at, char quote) {
  if (line[at] != '\\' || at + 1 == line.size() || quote == '\'') return false;
  return quote == '\0' || line[at + 1] == '"' || line[at + 1] == '\\';
}

}  // namespace

Result<std::vector<std::string>> SplitCommandLine(std::string_view line) {
  std::vector<std::string> words;
  std::optional<std::string> word;
  char quote = '\0';
  for (std::size_t at = 0; at < line.size(); ++at) {
    const char c = line[at];
    if (quote == '\0' && IsSpace(c)) {
      if (word) words.push_back(*std::exchange(word, std::nullopt));
      continue;
    }
    if (!word) word.emplace();
    if (IsEscape(line, at, quote)) {
      *word += line[++at];
    } else if (quote == '\0' && (c == '"' || c == '\'')) {
      quote = c;
    } else if (c == quote) {
      quote = '\0';
    } else {
      *word += c;
    }
  }
  if (quote != '\0') return Invalid("a quote is not closed");
  if (word) words.push_back(*word);
  return words;
}

}  // namespace mayfly::aws
