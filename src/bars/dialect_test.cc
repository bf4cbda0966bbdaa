#include "bars/dialect.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bars/read_bars.h"
#include "base/text.h"
#include "base/time.h"

namespace mayfly::bars {
namespace {

using testing::HasSubstr;

std::string ErrorOf(std::string_view head, const DialectHints& hints = {}) {
  const auto dialect = Sniff(head, hints);
  return dialect.ok() ? "understood: " + Describe(*dialect) : dialect.error().message();
}

std::string Sniffed(std::string_view head, const DialectHints& hints = {}) {
  return ErrorOf(head, hints).substr(std::string_view("understood: ").size());
}

// Two bars in any dialect that the manual names.
struct Written {
  std::string separator, time, line_end;
  bool header = true;
  std::size_t values = 5;  // 1: close only, 4: OHLC, 5: and volume, 13: and bid and ask
};

std::string Stamp(std::string_view form, int hour) {
  if (form == "minutes") return fmt::format("2024-07-01 {:02}:00", hour);
  if (form == "seconds") return fmt::format("2024-07-01 {:02}:00:00", hour);
  if (form == "epoch") return fmt::format("{}", 1719792000 + hour * 3600);
  return fmt::format("20240701 {:02}0000", hour);
}

std::string Write(const Written& how) {
  std::vector<std::string> names = {"Time"};
  std::vector<std::string> numbers = {"1.5",  "1.75", "1.25", "1.625", "7",   "1.4", "1.65",
                                      "1.15", "1.5",  "1.6",  "1.85",  "1.3", "1.7"};
  if (how.values == 1) {
    names.emplace_back("Close");
    numbers = {"1.625"};
  } else {
    names.insert(names.end(), kBarColumnNames.begin(),
                 kBarColumnNames.begin() + static_cast<std::ptrdiff_t>(how.values));
    numbers.resize(how.values);
  }
  std::string text = how.header ? Join(names, how.separator) + how.line_end : "";
  for (int hour : {4, 8}) {
    text += Stamp(how.time, hour) + how.separator + Join(numbers, how.separator) + how.line_end;
  }
  return text;
}

TEST(Dialect, ReadsEveryCombinationOfTheManual) {
  int combinations = 0;
  for (const std::string separator : {"\t", ",", ";"}) {
    for (const std::string time : {"minutes", "seconds", "epoch", "compact"}) {
      for (const std::string line_end : {"\n", "\r\n"}) {
        for (bool header : {false, true}) {
          for (std::size_t values : {1U, 4U, 5U, 13U}) {
            const std::string text = Write({separator, time, line_end, header, values});
            const auto read = ReadBars(text, "x.csv", {});
            ASSERT_TRUE(read.ok()) << text << read.error().message();
            ASSERT_EQ(read->bars.rows(), 2U) << text;
            EXPECT_EQ(FormatInstant(Instant(Duration(read->bars.ts_us[1]))), "2024-07-01T08:00:00Z")
                << text;
            EXPECT_EQ(read->bars.column(BarColumn::kClose)[1], 1.625) << text;
            EXPECT_EQ(read->bars.has(BarColumn::kVolume), values >= 5) << text;
            EXPECT_EQ(read->bars.has(BarColumn::kAskClose), values == 13) << text;
            ++combinations;
          }
        }
      }
    }
  }
  EXPECT_EQ(combinations, 3 * 4 * 2 * 2 * 4);
}

struct Case {
  std::string_view name, head, described;
};

class KnownDialect : public testing::TestWithParam<Case> {};

TEST_P(KnownDialect, IsRecognised) { EXPECT_EQ(Sniffed(GetParam().head), GetParam().described); }

INSTANTIATE_TEST_SUITE_P(
    Table, KnownDialect,
    testing::Values(
        Case{"TabHeaderSeconds",
             "Time\tOpen\tHigh\tLow\tClose\tVolume\n2007-07-16 "
             "12:00:00\t0.87217\t0.87277\t0.87107\t0.87147\t347\n",
             "tab-separated, header, datetime; open high low close volume"},
        Case{"TabBareMinutes", "2007-01-24 16:00\t0.92195\t0.92214\t0.92007\t0.92014\t73\n",
             "tab-separated, no header, datetime; open high low close volume"},
        Case{"CommaBareMinutes", "2007-08-29 20:00,0.9814,0.98388,0.98021,0.98273,779\n",
             "comma-separated, no header, datetime; open high low close volume"},
        Case{"SemicolonCompact", "20240701 000000;1.07;1.08;1.06;1.07;0\n",
             "semicolon-separated, no header, compact; open high low close volume"},
        Case{"SemicolonDecimalComma", "20240701 000000;1,07;1,08;1,06;1,07;0\n",
             "semicolon-separated, no header, compact; open high low close volume"},
        Case{"DateAndTimeApart", "2024.07.01,00:00,1.07,1.08,1.06,1.07,12\n",
             "comma-separated, no header, datetime in two fields; open high low close volume"},
        Case{"DateAndTimeDigits", "20240701,000000,1.07,1.08,1.06,1.07,12\n",
             "comma-separated, no header, compact in two fields; open high low close volume"},
        Case{"DailyWithWholePrices", "20240701,121000,121500,120500,121250\n",
             "comma-separated, no header, compact; open high low close"},
        Case{"AngledNames",
             "<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>\n"
             "2024.07.01\t00:00:00\t1.07\t1.08\t1.06\t1.07\t12\t0\t8\n",
             "tab-separated, header, datetime in two fields; open high low close volume; ignored: "
             "<VOL> <SPREAD>"},
        Case{"Spaces", "2024-07-01 00:00  1.07 1.08 1.06 1.07 12\n",
             "space-separated, no header, datetime in two fields; open high low close volume"},
        Case{"SpacesWithHeader", "Time Open High Low Close\n2024-07-01 00:00 1.07 1.08 1.06 1.07\n",
             "space-separated, header, datetime in two fields; open high low close"},
        Case{"RateIsAClose", "ts,rate\n1719792000000,1.07\n",
             "comma-separated, header, epoch_ms; close"},
        Case{"CloseBeatsRate", "ts,rate,close\n1719792000,1.07,1.08\n",
             "comma-separated, header, epoch_s; close; ignored: rate"},
        Case{"BidAndAsk", "timestamp,close,bid,ask,spread\n2024-07-01,1.07,1.06,1.08,0.02\n",
             "comma-separated, header, datetime; close bid_close ask_close; ignored: spread"},
        Case{"ShortNames", "Ts;o;H;l;C;v\n20240701 000000;1;1;1;1;1\n",
             "semicolon-separated, header, compact; open high low close volume"},
        Case{"NamelessIndex", ",open,close\n2024-07-01 00:00:00,1,1\n",
             "comma-separated, header, datetime; open close"},
        Case{"QuotedEverything", "\"date\",\"close\"\n\"2024-07-01\",\"1.07\"\n",
             "comma-separated, header, datetime; close"},
        Case{"DateThatIsWhole", "date,time,close\n2024-07-01 00:00,2024-07-01 00:00:30,1.07\n",
             "comma-separated, header, datetime; close; ignored: date"},
        Case{"EndsInSeparator", "2024-07-01 00:00,1,1,1,1,5,\n",
             "comma-separated, no header, datetime; open high low close volume"},
        Case{"BlankAndMarkInFront", "\xEF\xBB\xBF\r\n\r\nTime,Close\r\n\r\n2024-07-01 00:00,1\r\n",
             "comma-separated, header, datetime; close"},
        Case{"FirstLineBroken", "24-07-01,1.0\n2024-07-02,1.1\n2024-07-03,1.2\n",
             "comma-separated, no header, datetime; close"},
        Case{"OnlyAHeader", "time;open;high;low;close",
             "semicolon-separated, header, datetime; open high low close"},
        Case{"LastLineCut", "2024-07-01 00:00,1\n2024-07-02 00:00,1\n2024-0",
             "comma-separated, no header, datetime; close"}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(Dialect, SaysWhatToDoWhenItCannotTell) {
  EXPECT_THAT(ErrorOf("2024-07-01 00:00,1,2,3\n"), HasSubstr("state columns"));
  EXPECT_THAT(ErrorOf("when,what\n2024-07-01 00:00,1\n"), HasSubstr("no field is a close"));
  EXPECT_THAT(ErrorOf("when,close\nyesterday,1\n"), HasSubstr("time stamp among 'when', 'close'"));
  EXPECT_THAT(ErrorOf("date,close\n07/01/2024 00:00,1\n"), HasSubstr("state time_format"));
  EXPECT_THAT(ErrorOf("time,close,Close\n2024-07-01 00:00,1,1\n"), HasSubstr("both mean"));
  EXPECT_THAT(ErrorOf("time,open,high\n2024-07-01 00:00,1,1\n"), HasSubstr("no field is a close"));
  EXPECT_THAT(ErrorOf("hello\n"), HasSubstr("state separator"));
  EXPECT_THAT(ErrorOf("a,b,close\n2024-07-01,1\n2024-07-02,1\n"), HasSubstr("3 names for lines"));
  EXPECT_THAT(ErrorOf(""), HasSubstr("no line"));
}

TEST(Dialect, TakesWhatIsStated) {
  EXPECT_EQ(Sniffed("0,1.5\n60,1.5\n", {.time_format = "epoch"}),
            "comma-separated, no header, epoch_s; close");
  EXPECT_EQ(Sniffed("a,b,c\n60,7,1.5\n",
                    {.header = true, .time_format = "epoch_ms", .columns = {"ts", "-", "close"}}),
            "comma-separated, header, epoch_ms; close");
  EXPECT_EQ(Sniffed("1.5;x;2024-07-01\n", {.columns = {"close", "-", "ts"}}),
            "semicolon-separated, no header, datetime; close");
  EXPECT_EQ(Sniffed("2024-07-01 05:00 1.5\n", {.separator = "space", .columns = {"ts", "close"}}),
            "space-separated, no header, datetime in two fields; close");
}

TEST(Dialect, RefusesWhatIsStatedAndDoesNotFit) {
  EXPECT_THAT(ErrorOf("2024-07-01,1\n", {.time_format = "compact"}),
              HasSubstr("as stated (compact); the first has '2024-07-01'"));
  EXPECT_THAT(ErrorOf("2024-07-01,1\n", {.columns = {"ts", "open", "close"}}),
              HasSubstr("3 names for lines of 2 fields"));
  EXPECT_THAT(ErrorOf("2024-07-01,1\n", {.columns = {"ts", "clsoe"}}),
              HasSubstr("did you mean 'close'?"));
  EXPECT_THAT(ErrorOf("2024-07-01,1\n", {.separator = "pipe"}), HasSubstr("known are tab"));
  EXPECT_THAT(ErrorOf("2024-07-01,1\n", {.time_format = "us"}), HasSubstr("known are YYYY"));
}

TEST(Dialect, HintsAreCheckedWithoutAFile) {
  EXPECT_TRUE(CheckHints({}).ok());
  EXPECT_TRUE(CheckHints({.separator = "\t", .columns = {"ts", "Bid", "-"}}).ok());
  EXPECT_EQ(CheckHints({.separator = "x"}).error().kind(), ErrorKind::kInvalid);
}

}  // namespace
}  // namespace mayfly::bars
