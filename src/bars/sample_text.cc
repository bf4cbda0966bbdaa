#include "bars/sample_text.h"

#include <fmt/format.h>

#include <charconv>
#include <cstring>

#include "bars/bars.h"
#include "base/check.h"

namespace mayfly::bars {
namespace {

// Far more than thirteen numbers and a time stamp need.
constexpr std::size_t kLongestLineOut = 512;

char* PutTwo(char* at, int number) {
  at[0] = static_cast<char>('0' + number / 10);
  at[1] = static_cast<char>('0' + number % 10);
  return at + 2;
}

char* PutWhole(char* at, std::int64_t number) { return std::to_chars(at, at + 24, number).ptr; }

char* PutPrice(char* at, std::int64_t ticks, std::int64_t scale, int decimals) {
  at = PutWhole(at, ticks / scale);
  *at = '.';
  std::int64_t rest = ticks % scale;
  for (int i = decimals; i > 0; --i) {
    at[i] = static_cast<char>('0' + rest % 10);
    rest /= 10;
  }
  return at + 1 + decimals;
}

}  // namespace

std::string SampleHeader() {
  std::string header = "time";
  for (std::string_view name : kBarColumnNames) header.append(",").append(name);
  return header + "\n";
}

SampleWriter::SampleWriter(int decimals) : decimals_(decimals) {
  CHECK(decimals >= 1 && decimals <= 9, "a price has one to nine decimals");
  for (int i = 0; i < decimals; ++i) scale_ *= 10;
}

void SampleWriter::Append(const SampleBar& bar, std::string& text) {
  const auto day = std::chrono::floor<std::chrono::days>(bar.time);
  if (!has_date_ || day != day_) {
    const std::chrono::year_month_day date(day);
    fmt::format_to(date_.data(), "{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                   static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
    day_ = day;
    has_date_ = true;
  }
  const auto second = static_cast<int>((bar.time - day).count());
  std::array<char, kLongestLineOut> line{};
  char* at = line.data();
  std::memcpy(at, date_.data(), date_.size());
  at += date_.size();
  *at++ = ' ';
  at = PutTwo(at, second / 3600);
  *at++ = ':';
  at = PutTwo(at, second / 60 % 60);
  *at++ = ':';
  at = PutTwo(at, second % 60);
  auto put = [&](const Ohlc& ohlc, std::int64_t shift) {
    for (std::int64_t ticks : {ohlc.open, ohlc.high, ohlc.low, ohlc.close}) {
      *at++ = ',';
      at = PutPrice(at, ticks + shift, scale_, decimals_);
    }
  };
  put(bar.mid, 0);
  *at++ = ',';
  at = PutWhole(at, bar.volume);
  put(bar.mid, -bar.below);
  put(bar.mid, bar.above);
  *at++ = '\n';
  text.append(line.data(), at);
}

}  // namespace mayfly::bars
