#include "bars/read_bars.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <limits>
#include <utility>

#include "bars/judge.h"
#include "bars/line_parser.h"
#include "bars/lines.h"
#include "bars/report.h"
#include "bars/text_source.h"
#include "base/text.h"
#include "base/time.h"

namespace mayfly::bars {
namespace {

constexpr std::size_t kHead = 64 * 1024;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

struct Magic {
  std::string_view bytes;
  std::string_view what;
  std::string_view next_step;
};

constexpr std::array kForeign = {
    Magic{"\xFF\xD8\xFF", "a JPEG image", "put the bar file in its place"},
    Magic{"\x89PNG", "a PNG image", "put the bar file in its place"},
    Magic{"%PDF", "a PDF document", "put the bar file in its place"},
    Magic{"PK\x03\x04", "a ZIP archive or a spreadsheet", "unpack it or export CSV"},
    Magic{"PAR1", "a Parquet file", "export CSV"},
    Magic{"BZh", "packed with bzip2", "unpack it or pack it with gzip"},
    Magic{"\xFD\x37zXZ", "packed with xz", "unpack it or pack it with gzip"},
    Magic{"\x28\xB5\x2F\xFD", "packed with zstd", "unpack it or pack it with gzip"},
    Magic{"\xFF\xFE", "UTF-16 text", "save it as UTF-8"},
    Magic{"\xFE\xFF", "UTF-16 text", "save it as UTF-8"},
};

// Of what a text may have: TAB, LF, VT, FF, CR, and the old end-of-file mark.
bool IsControl(char c) {
  return static_cast<unsigned char>(c) < 0x20 && !(c >= '\t' && c <= '\r') && c != '\x1A';
}

Status CheckIsText(std::string_view head) {
  for (const Magic& foreign : kForeign) {
    if (!head.starts_with(foreign.bytes)) continue;
    return Corrupt(fmt::format("not a text but {}; {}", foreign.what, foreign.next_step));
  }
  const auto control = std::find_if(head.begin(), head.end(), IsControl);
  if (control == head.end()) return {};
  return Corrupt(fmt::format("not a text: byte {} is 0x{:02X}; check what this file is",
                             control - head.begin(), static_cast<unsigned char>(*control)));
}

std::uint64_t CountLines(std::string_view text) {
  return static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
}

// How many rows a text is likely to have, going by its head.
std::size_t LikelyRows(std::string_view text) {
  const std::string_view head = text.substr(0, kHead);
  const std::size_t lines = CountLines(head) + 1;
  return text.size() / std::max<std::size_t>(head.size() / lines, 1) + lines;
}

class FileReader {
 public:
  explicit FileReader(const ReadPolicy& policy)
      : policy_(policy), log_(result_.report, policy.listed_defects) {}

  // The next piece; see TextTaker.
  Result<std::size_t> Take(std::string_view text, bool is_last) {
    const std::size_t offered = text.size();
    if (!parser_) {
      if (line_ == 0 && text.starts_with(kByteOrderMark)) {
        text.remove_prefix(kByteOrderMark.size());
      }
      if (IsBlank(text)) {
        line_ += CountLines(text);
        return offered;
      }
      TRY(Start(text, is_last));
    }
    if (text.find('\0') != std::string_view::npos) {
      return Corrupt(fmt::format("not a text: a NUL byte after line {}", line_));
    }
    while (!text.empty()) {
      const bool is_whole = text.find('\n') != std::string_view::npos;
      if (!is_whole && !is_last) break;
      const std::string_view line = TakeLine(text);
      TRY(TakeLineOfFile(line));
    }
    return offered - text.size();
  }

  // After the last piece.
  Result<ReadResult> Finish() {
    if (parser_) {
      TRY(JudgeBadRows(result_.report, log_, policy_));
      const bool is_disordered = result_.report.Count(DefectKind::kOutOfOrder) > 0;
      TRY(JudgeOrder(result_.bars, lines_, !is_disordered && !has_repeats_, policy_, log_));
    }
    result_.report.rows_kept = result_.bars.rows();
    return std::move(result_);
  }

 private:
  Status Start(std::string_view text, bool is_last) {
    const std::string_view head = text.substr(0, kHead);
    TRY(CheckIsText(head));
    TRY_ASSIGN(const Dialect dialect, Sniff(head, policy_.dialect));
    result_.report.dialect = Describe(dialect);
    parser_.emplace(dialect);
    is_header_next_ = dialect.header;
    for (std::size_t i = 0; i < kBarColumnCount; ++i) {
      if (dialect.field_of[i]) columns_.push_back(i);
    }
    if (is_last) Reserve(LikelyRows(text));
    return {};
  }

  void Reserve(std::size_t rows) {
    result_.bars.ts_us.reserve(rows);
    lines_.reserve(rows);
    for (std::size_t i : columns_) result_.bars.columns[i].reserve(rows);
  }

  Status TakeLineOfFile(std::string_view line) {
    if (++line_ > std::numeric_limits<std::uint32_t>::max()) {
      return Corrupt("more than 4,294,967,295 lines; cut the file");
    }
    if (line.size() > kLongestLine) {
      return Corrupt(fmt::format("line {} is longer than {} bytes", line_, kLongestLine));
    }
    if (IsBlank(line)) return {};
    if (std::exchange(is_header_next_, false)) return {};
    ++result_.report.rows_read;
    if (const auto defect = parser_->Parse(line, row_)) return Reject(*defect, line);
    Append(line);
    return {};
  }

  Status Reject(DefectKind kind, std::string_view line) {
    log_.Add(line_, kind, line);
    if (policy_.bad_rows == BadRows::kReject) return {};
    return Corrupt(fmt::format("{}; mend it, or state bad_rows = \"reject\"",
                               Describe(*log_.FirstOf(kBadRowKinds))));
  }

  void Append(std::string_view line) {
    Bars& bars = result_.bars;
    if (row_.ts_us < latest_us_) {
      log_.Add(line_, DefectKind::kOutOfOrder, line);
    } else if (row_.ts_us == latest_us_ && !bars.ts_us.empty()) {
      has_repeats_ = true;
    }
    latest_us_ = std::max(latest_us_, row_.ts_us);
    bars.ts_us.push_back(row_.ts_us);
    lines_.push_back(static_cast<std::uint32_t>(line_));
    for (std::size_t i : columns_) bars.columns[i].push_back(row_.values[i]);
  }

  const ReadPolicy& policy_;
  ReadResult result_;
  DefectLog log_;
  std::optional<LineParser> parser_;  // once the dialect is known
  std::vector<std::size_t> columns_;  // of the dialect
  std::vector<std::uint32_t> lines_;  // by row
  Row row_;
  std::uint64_t line_ = 0;
  std::int64_t latest_us_ = std::numeric_limits<std::int64_t>::min();
  bool is_header_next_ = false;
  bool has_repeats_ = false;
};

Result<ReadResult> ReadText(std::string_view file_bytes, const ReadPolicy& policy) {
  TRY(CheckHints(policy.dialect));
  FileReader reader(policy);
  TRY(ForEachPiece(file_bytes, [&reader](std::string_view text, bool is_last) {
    return reader.Take(text, is_last);
  }));
  return reader.Finish();
}

// The rows that have no defect of their own, moved together; their places, from 1.
std::vector<std::uint32_t> KeepGoodRows(Bars& bars, const ReadPolicy& policy, DefectLog& log) {
  std::vector<std::uint32_t> lines;
  std::array<double, kBarColumnCount> values{};
  for (std::size_t row = 0; row < bars.rows(); ++row) {
    values.fill(std::numeric_limits<double>::quiet_NaN());
    for (std::size_t c = 0; c < kBarColumnCount; ++c) {
      if (!bars.columns[c].empty()) values[c] = bars.columns[c][row];
    }
    std::optional<DefectKind> defect = JudgeValues(values);
    if (bars.ts_us[row] == kNoTime) defect = DefectKind::kBadTimestamp;
    if (defect) {
      log.Add(row + 1, *defect, fmt::format("close {}", values[IndexOf(BarColumn::kClose)]));
      if (policy.bad_rows == BadRows::kFail) break;
      continue;
    }
    const std::size_t to = lines.size();
    bars.ts_us[to] = bars.ts_us[row];
    for (auto& column : bars.columns) {
      if (!column.empty()) column[to] = column[row];
    }
    lines.push_back(static_cast<std::uint32_t>(row + 1));
  }
  bars.ts_us.resize(lines.size());
  for (auto& column : bars.columns) {
    if (!column.empty()) column.resize(lines.size());
  }
  return lines;
}

Status JudgeTaken(ReadResult& result, const ReadPolicy& policy) {
  DefectLog log(result.report, policy.listed_defects);
  const std::vector<std::uint32_t> lines = KeepGoodRows(result.bars, policy, log);
  if (policy.bad_rows == BadRows::kFail && result.report.bad_rows() > 0) {
    return Corrupt(fmt::format("{}; mend it, or state bad_rows = \"reject\"",
                               Describe(*log.FirstOf(kBadRowKinds))));
  }
  TRY(JudgeBadRows(result.report, log, policy));
  bool is_in_order = true;
  std::int64_t latest = kNoTime;
  for (std::size_t row = 0; row < lines.size(); ++row) {
    const std::int64_t ts = result.bars.ts_us[row];
    is_in_order &= ts > latest;
    if (ts < latest)
      log.Add(lines[row], DefectKind::kOutOfOrder, FormatInstant(Instant(Duration(ts))));
    latest = std::max(latest, ts);
  }
  TRY(JudgeOrder(result.bars, lines, is_in_order, policy, log));
  result.report.rows_kept = result.bars.rows();
  return {};
}

}  // namespace

std::optional<Duplicates> DuplicatesFromName(std::string_view word) {
  if (word == "keep_first") return Duplicates::kKeepFirst;
  if (word == "keep_last") return Duplicates::kKeepLast;
  if (word == "fail") return Duplicates::kFail;
  return std::nullopt;
}

std::optional<Disorder> DisorderFromName(std::string_view word) {
  if (word == "sort") return Disorder::kSort;
  if (word == "fail" || word == "reject") return Disorder::kFail;
  return std::nullopt;
}

std::optional<BadRows> BadRowsFromName(std::string_view word) {
  if (word == "reject") return BadRows::kReject;
  if (word == "fail") return BadRows::kFail;
  return std::nullopt;
}

Result<ReadResult> TakeBars(Bars rows, std::string_view name, const ReadPolicy& policy) {
  ReadResult result;
  result.report.rows_read = rows.rows();
  result.report.dialect = name;
  result.bars = std::move(rows);
  const Status judged = JudgeTaken(result, policy);
  if (!judged.ok()) return judged.error().Within(name);
  return result;
}

Result<ReadResult> ReadBars(std::string_view file_bytes, std::string_view file_name,
                            const ReadPolicy& policy) {
  try {
    Result<ReadResult> result = ReadText(file_bytes, policy);
    if (!result.ok()) return result.error().Within(file_name);
    return result;
  } catch (const std::exception&) {
    return Exhausted(
        fmt::format("{}: no memory for its {} bytes of bars", file_name, file_bytes.size()));
  }
}

}  // namespace mayfly::bars
