#pragma once
// CHECK(condition, "sentence"): for what cannot happen with correct code. Ends the process, exit 1.

#include <string_view>

namespace mayfly {

[[noreturn]] void CheckFailed(const char* file, int line, const char* condition,
                              std::string_view sentence);

}  // namespace mayfly

#define CHECK(condition, sentence)                                                     \
  do {                                                                                 \
    if (!(condition)) ::mayfly::CheckFailed(__FILE__, __LINE__, #condition, sentence); \
  } while (false)
