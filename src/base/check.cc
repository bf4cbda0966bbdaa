#include "base/check.h"

#include <cstdio>
#include <cstdlib>
#include <string>

namespace mayfly {

void CheckFailed(const char* file, int line, const char* condition, std::string_view sentence) {
  std::string text = "mayfly: defect: ";
  text += sentence;
  text += " [";
  text += condition;
  text += "] at ";
  text += file;
  text += ":" + std::to_string(line) + "\n";
  std::fputs(text.c_str(), stderr);
  std::_Exit(1);
}

}  // namespace mayfly
