#include "bars/read_bars.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <limits>
#include <utility>

#include "bars/line_parser.h"
#include "bars/lines.h"
#include "bars/order.h"
#include "bars/report.h"
#include "bars/text_source.h"
#include "base/text.h"

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
      TRY(JudgeBadRows());
      TRY(JudgeOrder());
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

  Status JudgeBadRows() const {
    const ReadReport& report = result_.report;
    const std::uint64_t bad = report.bad_rows();
    const auto rows = static_cast<double>(report.rows_read);
    const std::uint64_t always = report.rows_read == 0 ? 0 : (report.rows_read - 1) / 2;
    double tolerated = policy_.max_bad_share * rows;
    if (policy_.max_bad_share > 0) {
      tolerated = std::max(tolerated, static_cast<double>(std::min<std::uint64_t>(3, always)));
    }
    if (bad == 0 || static_cast<double>(bad) <= tolerated) return {};
    return Corrupt(fmt::format(
        "{} of {} rows are bad, more than the {:g} % of max_bad_share; first: {}; read as {}",
        Thousands(static_cast<std::int64_t>(bad)),
        Thousands(static_cast<std::int64_t>(report.rows_read)), policy_.max_bad_share * 100,
        Describe(*log_.FirstOf(kBadRowKinds)), report.dialect));
  }

  Status JudgeOrder() {
    const bool is_disordered = result_.report.Count(DefectKind::kOutOfOrder) > 0;
    if (policy_.disorder == Disorder::kFail) {
      TRY(RefuseAny(DefectKind::kOutOfOrder, "state disorder = \"sort\""));
    }
    if (is_disordered || has_repeats_) {
      PutInOrder(result_.bars, lines_, policy_.duplicates, log_);
    }
    if (policy_.duplicates != Duplicates::kFail) return {};
    return RefuseAny(DefectKind::kDuplicateTimestamp, "state duplicates = \"keep_first\"");
  }

  Status RefuseAny(DefectKind kind, std::string_view next_step) const {
    const Defect* first = log_.FirstOf(std::array{kind});
    if (first == nullptr) return {};
    return Corrupt(fmt::format("{} rows are {}; first: {}; mend the file, or {}",
                               Thousands(static_cast<std::int64_t>(result_.report.Count(kind))),
                               DefectKindName(kind), Describe(*first), next_step));
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
