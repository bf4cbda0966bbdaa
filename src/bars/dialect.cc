#include "bars/dialect.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <span>
#include <utility>

#include "bars/field_names.h"
#include "bars/lines.h"
#include "bars/number.h"
#include "bars/timestamp.h"
#include "base/text.h"

namespace mayfly::bars {
namespace {

constexpr std::size_t kSniffedLines = 64;
constexpr std::string_view kColumnsAdvice =
    "state columns = [\"ts\", \"open\", \"high\", \"low\", \"close\", …] (\"-\" for a field to "
    "leave out)";
constexpr std::string_view kTimeAdvice =
    "known are YYYY-MM-DD HH:MM[:SS] (datetime), YYYYMMDD HHMMSS (compact), and epoch, epoch_s, "
    "epoch_ms, epoch_us, epoch_ns; state time_format";

using Fields = std::vector<std::string_view>;

constexpr std::array<std::pair<std::string_view, char>, 4> kSeparators = {
    {{"tab", '\t'}, {"semicolon", ';'}, {"comma", ','}, {"space", ' '}}};

constexpr std::array kTimeFormats = {TimeFormat::kDateTime,     TimeFormat::kCompact,
                                     TimeFormat::kEpochSeconds, TimeFormat::kEpochMillis,
                                     TimeFormat::kEpochMicros,  TimeFormat::kEpochNanos};

std::optional<char> SeparatorFromName(std::string_view name) {
  for (const auto& [word, separator] : kSeparators) {
    if (name == word || name == std::string_view(&separator, 1)) return separator;
  }
  return std::nullopt;
}

std::optional<TimeFormat> TimeFormatFromName(std::string_view name) {
  for (TimeFormat format : kTimeFormats) {
    if (TimeFormatName(format) == name) return format;
  }
  return std::nullopt;
}

bool IsLeftOut(std::string_view column) { return column.empty() || column == "-"; }

std::string Quoted(std::string_view text) {
  constexpr std::size_t kLongest = 60;
  std::string shown(text.substr(0, kLongest));
  for (char& c : shown) {
    if (c == '\t') c = ' ';
    if (c < ' ' || c > '~') c = '?';
  }
  return fmt::format("'{}{}'", shown, text.size() > kLongest ? "…" : "");
}

// The first lines that are not blank. The last line of the head may be cut short, and is taken only
// when there is no better one.
std::vector<std::string_view> HeadLines(std::string_view head) {
  if (head.starts_with("\xEF\xBB\xBF")) head.remove_prefix(3);
  std::vector<std::string_view> lines;
  while (!head.empty() && lines.size() < kSniffedLines) {
    const bool is_whole = head.find('\n') != std::string_view::npos;
    const std::string_view line = TakeLine(head);
    if (IsBlank(line) || (!is_whole && lines.size() > 1)) continue;
    lines.push_back(line);
  }
  return lines;
}

std::vector<Fields> SplitAll(std::span<const std::string_view> lines, char separator) {
  std::vector<Fields> all(lines.size());
  for (std::size_t i = 0; i < lines.size(); ++i) SplitFields(lines[i], separator, all[i]);
  return all;
}

// The commonest number of fields, and how many lines have it.
std::pair<std::size_t, std::size_t> CommonCount(std::span<const Fields> rows) {
  std::map<std::size_t, std::size_t> lines_of;
  for (const Fields& fields : rows) ++lines_of[fields.size()];
  std::pair<std::size_t, std::size_t> best{0, 0};
  for (const auto& [count, lines] : lines_of) {
    if (lines >= best.second) best = {count, lines};
  }
  return best;
}

// The first candidate that cuts most lines into the same number of fields. Tab and semicolon come
// before the comma, which may be a decimal comma, and space is last, because it is in time stamps.
Result<char> FindSeparator(std::span<const std::string_view> lines, const DialectHints& hints) {
  if (hints.separator) return *SeparatorFromName(*hints.separator);
  for (const auto& [word, separator] : kSeparators) {
    const auto [count, agreeing] = CommonCount(SplitAll(lines, separator));
    if (count >= 2 && agreeing * 2 >= lines.size()) return separator;
  }
  return Invalid(fmt::format(
      "no separator (tab, comma, semicolon or space) cuts the lines into the same number of "
      "fields; the first is {}; state separator, or check that this is a bar file",
      Quoted(lines.front())));
}

bool IsNumber(std::string_view field, char separator) {
  double value = 0;
  return !Bare(field).empty() && ParseNumber(field, separator, value);
}

// A line of names has neither a time stamp in front nor a number anywhere.
bool LooksLikeHeader(const Fields& fields, char separator) {
  if (GuessTimeFormat(fields.front())) return false;
  return std::none_of(fields.begin(), fields.end(),
                      [&](std::string_view field) { return IsNumber(field, separator); });
}

bool IsDateOnly(std::string_view field) {
  field = Bare(field);
  const auto format = GuessTimeFormat(field);
  if (format == TimeFormat::kCompact) return field.size() == 8;
  return format == TimeFormat::kDateTime && field.size() == 10;
}

// Whether the field after a date is its time of day rather than a price: with colons, or four or
// six digits without a point where the next field has one.
bool IsTimeOfDay(const Fields& fields, std::size_t at) {
  if (at >= fields.size() || !ParseTimeOfDay(Bare(fields[at]))) return false;
  if (fields[at].find(':') != std::string_view::npos) return true;
  return at + 1 < fields.size() && fields[at + 1].find_first_of(".,") != std::string_view::npos;
}

// Collects which field stands for what.
class Roles {
 public:
  // kInvalid when two names of one rank mean the same.
  Status Take(std::size_t field, const FieldMeaning& meaning, std::string_view name) {
    if (meaning.kind == FieldKind::kDate) return Set(date_, field, meaning.rank, name);
    if (meaning.kind == FieldKind::kTime) return Set(time_, field, meaning.rank, name);
    if (meaning.kind == FieldKind::kTimestamp) return Set(stamp_, field, meaning.rank, name);
    return Set(columns_[IndexOf(meaning.column)], field, meaning.rank, name);
  }

  // Decides between time stamp, date and time by what the first data line has in them.
  bool FillTime(const Fields* data, Dialect& dialect) const {
    if (stamp_.field) {
      dialect.ts_field = *stamp_.field;
      return true;
    }
    if (!date_.field && !time_.field) return false;
    dialect.ts_field = date_.field ? *date_.field : *time_.field;
    if (!date_.field || !time_.field) return true;
    const std::size_t time = *time_.field;
    if (data != nullptr && time < data->size() && !ParseTimeOfDay(Bare((*data)[time]))) {
      if (GuessTimeFormat((*data)[time])) dialect.ts_field = time;
      return true;
    }
    dialect.time_field = time;
    return true;
  }

  void FillColumns(Dialect& dialect) const {
    for (std::size_t i = 0; i < kBarColumnCount; ++i) dialect.field_of[i] = columns_[i].field;
  }

 private:
  struct Slot {
    std::optional<std::size_t> field;
    int rank = 0;
  };

  Status Set(Slot& slot, std::size_t field, int rank, std::string_view name) {
    if (slot.field && slot.rank == rank) {
      return Invalid(fmt::format("fields {} and {} both mean '{}'; {}", *slot.field + 1, field + 1,
                                 name, kColumnsAdvice));
    }
    if (!slot.field || rank < slot.rank) slot = {field, rank};
    return {};
  }

  Slot date_, time_, stamp_;
  std::array<Slot, kBarColumnCount> columns_;
};

// What Sniff works on: the head's lines cut into fields, header first where there is one.
struct Head {
  std::vector<Fields> rows;
  bool header = false;

  std::span<const Fields> data() const { return std::span(rows).subspan(header ? 1 : 0); }

  // The first data line of the usual number of fields, one that starts with a time stamp if there
  // is one; null when there are no data lines.
  const Fields* sample(std::size_t field_count) const {
    const Fields* found = nullptr;
    for (const Fields& fields : data()) {
      if (fields.size() != field_count) continue;
      if (GuessTimeFormat(fields.front())) return &fields;
      if (found == nullptr) found = &fields;
    }
    return found;
  }
};

bool Uses(const Dialect& dialect, std::size_t field) {
  return field == dialect.ts_field || field == dialect.time_field ||
         std::find(dialect.field_of.begin(), dialect.field_of.end(), field) !=
             dialect.field_of.end();
}

// In a file cut at spaces a time stamp "date time" is two fields under one name.
bool NeedsTimeSlot(const Fields* sample, const Dialect& dialect, std::size_t names,
                   std::size_t first) {
  return dialect.separator == ' ' && names + 1 == dialect.field_count && sample != nullptr &&
         first < sample->size() && IsDateOnly((*sample)[first]) && IsTimeOfDay(*sample, first + 1);
}

Status RolesFromNames(const Fields* sample, std::vector<std::string> names, Dialect& dialect) {
  auto is_time = [](const std::string& name) {
    const auto meaning = MeaningOf(name);
    return meaning && meaning->kind != FieldKind::kColumn;
  };
  const auto first_time =
      static_cast<std::size_t>(std::find_if(names.begin(), names.end(), is_time) - names.begin());
  if (NeedsTimeSlot(sample, dialect, names.size(), first_time)) {
    names[first_time] = "date";
    names.insert(names.begin() + static_cast<std::ptrdiff_t>(first_time) + 1, "time");
  }
  if (names.size() != dialect.field_count) {
    return Invalid(fmt::format("{} names for lines of {} fields; {}", names.size(),
                               dialect.field_count, kColumnsAdvice));
  }
  Roles roles;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto meaning = MeaningOf(names[i]);
    if (meaning) TRY(roles.Take(i, *meaning, names[i]));
  }
  roles.FillColumns(dialect);
  if (!roles.FillTime(sample, dialect)) {
    // A table written with its index has no name over it.
    if (sample == nullptr || !GuessTimeFormat(sample->front())) {
      return Invalid(fmt::format("no field is named as a time stamp among '{}'; {}",
                                 Join(names, "', '"), kColumnsAdvice));
    }
    dialect.ts_field = 0;
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!Uses(dialect, i) && !IsLeftOut(names[i])) dialect.ignored.push_back(names[i]);
  }
  return {};
}

Status RolesFromCount(const Fields& line, Dialect& dialect) {
  std::size_t at = 1;
  if (IsDateOnly(line[0]) && IsTimeOfDay(line, 1)) dialect.time_field = at++;
  std::size_t values = dialect.field_count - at;
  const bool ends_in_separator = values > 1 && Bare(line.back()).empty();
  auto is_known = [](std::size_t n) { return n == 1 || n == 4 || n == 5 || n == 13; };
  if (!is_known(values) && ends_in_separator) --values;
  if (!is_known(values)) {
    return Invalid(fmt::format(
        "no header, and {} fields can mean many things (2, 5, 6 or 14 are understood); the first "
        "line is {}; {}",
        dialect.field_count, Quoted(line.front()), kColumnsAdvice));
  }
  if (values == 1) {
    dialect.field_of[IndexOf(BarColumn::kClose)] = at;
    return {};
  }
  for (std::size_t i = 0; i < values; ++i) dialect.field_of[i] = at + i;
  return {};
}

Status FindRoles(const Head& head, const DialectHints& hints, Dialect& dialect) {
  const Fields* sample = head.sample(dialect.field_count);
  if (!hints.columns.empty()) {
    TRY(RolesFromNames(sample, hints.columns, dialect));
  } else if (head.header) {
    std::vector<std::string> names;
    for (std::string_view name : head.rows.front()) names.emplace_back(Bare(name));
    TRY(RolesFromNames(sample, std::move(names), dialect));
  } else {
    TRY(RolesFromCount(*sample, dialect));
  }
  if (dialect.has(BarColumn::kClose)) return {};
  return Invalid(fmt::format("no field is a close; {}", kColumnsAdvice));
}

bool ParsesWith(TimeFormat format, const Dialect& dialect, const Fields& fields) {
  if (fields.size() != dialect.field_count) return false;
  TimestampParser parser(format);
  if (!dialect.time_field) return parser.Parse(fields[dialect.ts_field]).has_value();
  return parser.Parse(fields[dialect.ts_field], fields[*dialect.time_field]).has_value();
}

std::optional<TimeFormat> TimeFormatOf(const DialectHints& hints, std::string_view text) {
  if (!hints.time_format) return GuessTimeFormat(text);
  if (*hints.time_format == "epoch") return EpochByMagnitude(text);
  return TimeFormatFromName(*hints.time_format);
}

// The format of the first data line that has a time stamp at all.
Status FindTimeFormat(const Head& head, const DialectHints& hints, Dialect& dialect) {
  if (head.data().empty()) return {};
  for (const Fields& fields : head.data()) {
    if (fields.size() != dialect.field_count) continue;
    const auto format = TimeFormatOf(hints, fields[dialect.ts_field]);
    if (!format || !ParsesWith(*format, dialect, fields)) continue;
    dialect.time_format = *format;
    return {};
  }
  const std::string_view shown = (*head.sample(dialect.field_count))[dialect.ts_field];
  const std::string wanted =
      hints.time_format ? fmt::format("as stated ({})", *hints.time_format) : "that is known";
  return Invalid(fmt::format("no line has a time stamp {}; the first has {}; {}", wanted,
                             Quoted(shown), kTimeAdvice));
}

}  // namespace

std::string_view TimeFormatName(TimeFormat format) {
  switch (format) {
    case TimeFormat::kDateTime:
      return "datetime";
    case TimeFormat::kCompact:
      return "compact";
    case TimeFormat::kEpochSeconds:
      return "epoch_s";
    case TimeFormat::kEpochMillis:
      return "epoch_ms";
    case TimeFormat::kEpochMicros:
      return "epoch_us";
    case TimeFormat::kEpochNanos:
      return "epoch_ns";
  }
  return "";
}

Status CheckHints(const DialectHints& hints) {
  if (hints.separator && !SeparatorFromName(*hints.separator)) {
    return Invalid(fmt::format("separator {}: known are tab, comma, semicolon, space",
                               Quoted(*hints.separator)));
  }
  if (hints.time_format && *hints.time_format != "epoch" &&
      !TimeFormatFromName(*hints.time_format)) {
    return Invalid(fmt::format("time_format {}: {}", Quoted(*hints.time_format), kTimeAdvice));
  }
  for (const std::string& column : hints.columns) {
    if (IsLeftOut(column) || MeaningOf(column)) continue;
    const auto nearest = NearestName(Lower(column), PlainFieldNames());
    return Invalid(fmt::format("columns has {}, which is not known{}; known are {}, and \"-\"",
                               Quoted(column),
                               nearest ? fmt::format(" (did you mean '{}'?)", *nearest) : "",
                               Join(PlainFieldNames(), ", ")));
  }
  return {};
}

Result<Dialect> Sniff(std::string_view head_text, const DialectHints& hints) {
  TRY(CheckHints(hints));
  const std::vector<std::string_view> lines = HeadLines(head_text);
  if (lines.empty()) return Invalid("there is no line to tell the dialect from");
  Dialect dialect;
  TRY_ASSIGN(dialect.separator, FindSeparator(lines, hints));
  Head head{.rows = SplitAll(lines, dialect.separator)};
  dialect.header = hints.header.value_or(LooksLikeHeader(head.rows.front(), dialect.separator));
  head.header = dialect.header;
  dialect.field_count =
      head.data().empty() ? head.rows.front().size() : CommonCount(head.data()).first;
  TRY(FindRoles(head, hints, dialect));
  TRY(FindTimeFormat(head, hints, dialect));
  return dialect;
}

std::string Describe(const Dialect& dialect) {
  std::string_view separator;
  for (const auto& [word, character] : kSeparators) {
    if (character == dialect.separator) separator = word;
  }
  std::string columns;
  for (BarColumn column : kBarColumns) {
    if (dialect.has(column)) columns += fmt::format(" {}", BarColumnName(column));
  }
  std::string text = fmt::format(
      "{}-separated, {}, {}{};{}", separator, dialect.header ? "header" : "no header",
      TimeFormatName(dialect.time_format), dialect.time_field ? " in two fields" : "", columns);
  if (!dialect.ignored.empty()) text += "; ignored: " + Join(dialect.ignored, " ");
  return text;
}

}  // namespace mayfly::bars
