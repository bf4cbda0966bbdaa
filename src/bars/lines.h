#pragma once
// Cutting a text into lines and a line into fields. Internal to bars/.

#include <string_view>
#include <vector>

namespace mayfly::bars {

// Takes the first line off `text`, without its end (LF or CRLF). The last one may lack the end.
inline std::string_view TakeLine(std::string_view& text) {
  const std::size_t end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

// Of a line or of several.
inline bool IsBlank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n\f\v\x1a") == std::string_view::npos;
}

// The fields of a line, in `fields`, which keeps its memory. A separator of ' ' stands for a run of
// spaces, and those at the ends do not count.
inline void SplitFields(std::string_view line, char separator,
                        std::vector<std::string_view>& fields) {
  fields.clear();
  if (separator == ' ') {
    while (true) {
      const std::size_t begin = line.find_first_not_of(' ');
      if (begin == std::string_view::npos) return;
      line.remove_prefix(begin);
      const std::size_t end = line.find(' ');
      fields.push_back(line.substr(0, end));
      if (end == std::string_view::npos) return;
      line.remove_prefix(end);
    }
  }
  while (true) {
    const std::size_t end = line.find(separator);
    fields.push_back(line.substr(0, end));
    if (end == std::string_view::npos) return;
    line.remove_prefix(end + 1);
  }
}

}  // namespace mayfly::bars
