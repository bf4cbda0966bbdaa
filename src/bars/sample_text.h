#pragma once
// The text of generated bars, from whole ticks. Internal to bars/.

#include <array>
#include <chrono>
#include <cstdint>
#include <string>

namespace mayfly::bars {

struct Ohlc {
  std::int64_t open = 0, high = 0, low = 0, close = 0;
};

// Prices are in ticks, the mid's; the bid is `below` under it and the ask `above` over it.
struct SampleBar {
  std::chrono::sys_seconds time;
  Ohlc mid;
  std::int64_t below = 0, above = 0;
  std::int64_t volume = 0;
};

// The header line with its end.
std::string SampleHeader();

// Appends the bar's line with its end; a price has `decimals` decimals (1..9).
class SampleWriter {
 public:
  explicit SampleWriter(int decimals);

  void Append(const SampleBar& bar, std::string& text);

 private:
  int decimals_;
  std::int64_t scale_ = 1;
  std::chrono::sys_days day_{};
  std::array<char, 10> date_{};  // of day_
  bool has_date_ = false;
};

}  // namespace mayfly::bars
