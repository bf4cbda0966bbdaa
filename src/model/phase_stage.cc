// Reads one [[stage]]: the keys that every stage has, then those of its kind.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "base/text.h"
#include "model/phase_parser.h"

namespace mayfly {
namespace {

constexpr int kMaxTries = 1000;
constexpr int kMaxLookback = 1200;
constexpr int kMaxSamples = 1'000'000;

constexpr std::array<std::string_view, 14> kBarColumns{
    "ts",       "open",    "high",      "low",      "close",    "volume",  "bid_open",
    "bid_high", "bid_low", "bid_close", "ask_open", "ask_high", "ask_low", "ask_close"};

void ReadSource(TableReader& reader, LoadSpec& load, Problems& problems) {
  const TomlNode* node = reader.Find("source");
  if (node == nullptr) return;
  if (node->As<TomlTable>() == nullptr) {
    return reader.ComplainType(*node, "source", "a table such as { table = \"m1_{pair}\" }");
  }
  TableReader inner(*node, reader.what() + " source", problems);
  TableSource source;
  inner.ReadText("table", source.table);
  if (inner.Find("table") == nullptr) inner.Complain("table", "is missing");
  if (const TomlNode* columns = inner.Find("columns"); columns != nullptr) {
    if (columns->As<TomlTable>() == nullptr) inner.ComplainType(*columns, "columns", "a table");
    TableReader names(*columns, inner.what() + " columns", problems);
    for (std::string_view column : kBarColumns) {
      std::string name;
      names.ReadText(column, name);
      if (!name.empty()) source.columns.emplace(column, name);
    }
    names.Finish();
  }
  inner.Finish();
  load.source = std::move(source);
}

void ReadBaseline(TableReader& reader, LoadSpec& load) {
  const TomlNode* node = reader.Find("baseline");
  if (node == nullptr) return;
  if (const auto* instant = node->As<Instant>()) {
    load.baseline = *instant;
    return;
  }
  const auto* text = node->As<std::string>();
  if (text == nullptr) return reader.ComplainType(*node, "baseline", "\"first\" or a date-time");
  if (*text == "first") return;
  Result<Instant> instant = ParseInstant(*text);
  if (instant.ok()) {
    load.baseline = *instant;
  } else {
    reader.Complain("baseline", instant.error().message() + ", or \"first\"");
  }
}

void ReadOptionalText(TableReader& reader, std::string_view key,
                      std::optional<std::string>& field) {
  std::string text;
  reader.ReadText(key, text);
  if (!text.empty()) field = text;
}

LoadSpec ReadLoad(TableReader& reader, Problems& problems) {
  constexpr std::array<std::string_view, 3> kDuplicates{"keep_first", "keep_last", "fail"};
  constexpr std::array<std::string_view, 2> kDisorder{"sort", "fail"};
  constexpr std::array<std::string_view, 2> kBadRows{"reject", "fail"};
  LoadSpec load;
  reader.ReadText("dir", load.dir);
  ReadSource(reader, load, problems);
  if (reader.Find("dir") == nullptr && reader.Find("source") == nullptr) {
    reader.Complain("dir", "is missing; say where the bars are by dir or source");
  }
  if (reader.Find("dir") != nullptr && reader.Find("source") != nullptr) {
    reader.Complain("source", "and dir are both given; choose one");
  }
  reader.ReadText("table", load.table);
  ReadBaseline(reader, load);
  ReadOptionalText(reader, "separator", load.separator);
  ReadOptionalText(reader, "time_format", load.time_format);
  if (reader.Find("header") != nullptr) {
    load.header = true;
    reader.ReadFlag("header", *load.header);
  }
  reader.ReadTexts("columns", load.columns);
  reader.ReadWord("duplicates", load.duplicates, kDuplicates);
  reader.ReadWord("disorder", load.disorder, kDisorder);
  reader.ReadWord("bad_rows", load.bad_rows, kBadRows);
  reader.ReadShare("max_bad_share", load.max_bad_share);
  return load;
}

FeaturesSpec ReadFeatures(TableReader& reader) {
  FeaturesSpec features;
  reader.ReadText("family", features.family);
  if (reader.Find("family") == nullptr) {
    reader.Complain("family", "is missing; `mayfly features list` names them");
  }
  features.table = features.family;
  reader.ReadText("table", features.table);
  reader.ReadText("bars", features.bars);
  reader.ReadFlag("float4", features.float4);
  return features;
}

void ReadColumns(TableReader& reader, OutputSpec& output) {
  const TomlNode* node = reader.Find("columns");
  if (node == nullptr)
    return reader.Complain("columns",
                           "is missing; name what the rows hold, "
                           "such as { ts = \"timestamptz\" }");
  const auto* table = node->As<TomlTable>();
  if (table == nullptr) return reader.ComplainType(*node, "columns", "a table");
  if (table->empty()) return reader.Complain("columns", "is empty; name what the rows hold");
  for (const TomlEntry& entry : *table) {
    std::string at = "columns." + entry.key;
    if (!IsPlainName(entry.key)) {
      reader.ComplainAt(entry.place, at,
                        "is not a plain column name (a-z, 0-9, _, no digit first)");
    }
    const auto* word = entry.node.As<std::string>();
    if (word == nullptr) {
      reader.ComplainType(entry.node, at, "the name of a type");
      continue;
    }
    Result<ColumnType> type = ParseColumnType(*word);
    if (!type.ok()) reader.ComplainAt(entry.place, at, type.error().message());
    if (type.ok()) output.columns.push_back({entry.key, *type});
  }
}

OutputSpec ReadOutput(TableReader& reader, const std::string& stage) {
  OutputSpec output;
  output.table = Lower(stage);
  for (char& c : output.table) {
    if (c == '-' || c == '.') c = '_';
  }
  reader.ReadText("table", output.table);
  ReadColumns(reader, output);
  reader.ReadTexts("key", output.key);
  reader.ReadTexts("may_be_constant", output.may_be_constant);
  return output;
}

SqlSpec ReadSql(TableReader& reader, const std::string& stage) {
  SqlSpec sql;
  reader.ReadText("query", sql.query);
  bool has_query = reader.Find("query") != nullptr;
  bool has_file = reader.Find("file") != nullptr;
  if (has_query && has_file) reader.Complain("file", "and query are both given; choose one");
  if (!has_query && !has_file) {
    reader.Complain("query", "is missing; give one SELECT by query or file");
  }
  if (has_file && reader.Find("file")->As<std::string>() == nullptr) {
    reader.ComplainType(*reader.Find("file"), "file", "a string");
  }
  sql.output = ReadOutput(reader, stage);
  reader.ReadFlag("unchecked", sql.unchecked);
  return sql;
}

// The text is kept in the ledger and shown; so nothing secret may stand in it (I12).
bool NamesSecret(std::string_view variable) {
  constexpr std::array<std::string_view, 6> kWords{"password", "passwd",     "secret",
                                                   "token",    "access_key", "api_key"};
  std::string lowered = Lower(variable);
  return std::any_of(kWords.begin(), kWords.end(), [&](std::string_view word) {
    return lowered.find(word) != std::string::npos;
  });
}

void ReadEnvironment(TableReader& reader, CommandSpec& command, Problems& problems) {
  const TomlNode* node = reader.Find("env");
  if (node == nullptr) return;
  const auto* table = node->As<TomlTable>();
  if (table == nullptr) return reader.ComplainType(*node, "env", "a table of strings");
  TableReader inner(*node, reader.what() + " env", problems);
  for (const TomlEntry& entry : *table) {
    if (NamesSecret(entry.key)) {
      inner.ComplainAt(entry.place, entry.key,
                       "looks like a secret, and this text is kept in the ledger; let the command "
                       "read it from where it is kept");
      continue;
    }
    if (entry.key.starts_with("MAYFLY_") || entry.key.starts_with("PG")) {
      inner.ComplainAt(entry.place, entry.key, "is set by mayfly; choose another name");
      continue;
    }
    const auto* text = entry.node.As<std::string>();
    if (text == nullptr) {
      inner.ComplainType(entry.node, entry.key, "a string");
    } else {
      command.env.emplace(entry.key, *text);
    }
  }
}

CommandSpec ReadCommand(TableReader& reader, const std::string& stage, Problems& problems) {
  CommandSpec command;
  reader.ReadTexts("command", command.argv);
  if (reader.Find("command") == nullptr) {
    reader.Complain("command", "is missing; give the program and its arguments as a list");
  } else if (reader.Find("command")->As<TomlArray>() != nullptr &&
             (command.argv.empty() || command.argv.front().empty())) {
    reader.Complain("command", "names no program");
  }
  ReadEnvironment(reader, command, problems);
  reader.ReadText("cwd", command.cwd);
  command.output = ReadOutput(reader, stage);
  return command;
}

void ReadAssertions(TableReader& reader, VerifySpec& verify, Problems& problems) {
  const TomlNode* node = reader.Find("assert");
  if (node == nullptr) return;
  const auto* array = node->As<TomlArray>();
  if (array == nullptr) {
    return reader.ComplainType(*node, "assert", "a list of { name = …, sql = … }");
  }
  for (const TomlNode& item : *array) {
    if (item.As<TomlTable>() == nullptr) {
      reader.ComplainType(item, "assert", "a list of { name = …, sql = … }");
      continue;
    }
    TableReader inner(item, reader.what() + " assert", problems);
    AssertionSpec assertion;
    inner.ReadText("name", assertion.name);
    inner.ReadText("sql", assertion.sql);
    if (inner.Find("name") == nullptr) inner.Complain("name", "is missing");
    if (inner.Find("sql") == nullptr) inner.Complain("sql", "is missing");
    bool is_double =
        std::any_of(verify.assertions.begin(), verify.assertions.end(),
                    [&](const AssertionSpec& other) { return other.name == assertion.name; });
    if (is_double && !assertion.name.empty()) {
      inner.Complain("name", fmt::format("\"{}\" is given twice", assertion.name));
    }
    inner.Finish();
    verify.assertions.push_back(std::move(assertion));
  }
}

void ReadCausality(TableReader& reader, CausalitySpec& causality, Problems& problems) {
  const TomlNode* node = reader.Find("causality");
  if (node == nullptr) return;
  if (node->As<TomlTable>() == nullptr) {
    return reader.ComplainType(*node, "causality", "a table such as { samples = 1000, seed = 42 }");
  }
  TableReader inner(*node, reader.what() + " causality", problems);
  inner.ReadCount("samples", causality.samples, 0, kMaxSamples);
  inner.ReadCount("seed", causality.seed, 0, std::numeric_limits<int>::max());
  inner.Finish();
}

VerifySpec ReadVerify(TableReader& reader, Problems& problems) {
  VerifySpec verify;
  ReadAssertions(reader, verify, problems);
  ReadCausality(reader, verify.causality, problems);
  return verify;
}

void ReadCommonKeys(TableReader& reader, StageSpec& stage) {
  constexpr std::array<std::string_view, 2> kEmpty{"allow", "deny"};
  reader.ReadTexts("after", stage.after);
  reader.ReadDuration("timeout", stage.timeout, seconds(1));
  reader.ReadCount("retries", stage.retries, 0, kMaxTries);
  reader.ReadCount("setbacks", stage.setbacks, 0, kMaxTries);
  reader.ReadCount("lookback", stage.lookback, 0, kMaxLookback);
  std::string empty = "deny";
  reader.ReadWord("empty", empty, kEmpty);
  stage.may_be_empty = empty == "allow";
  if (reader.Find("grid") != nullptr) {
    stage.grid.emplace();
    reader.ReadTexts("grid", *stage.grid);
  }
}

// Reads the keys of the kind; false where the kind itself is wrong, so that its keys are not
// judged.
bool ReadKind(TableReader& reader, StageSpec& stage, Problems& problems) {
  const std::vector<std::string> known{"load", "features", "sql", "command", "optimise", "verify"};
  std::string kind;
  reader.ReadText("kind", kind);
  if (kind == "load") {
    stage.kind = ReadLoad(reader, problems);
  } else if (kind == "features") {
    stage.kind = ReadFeatures(reader);
  } else if (kind == "sql") {
    stage.kind = ReadSql(reader, stage.name);
  } else if (kind == "command") {
    stage.kind = ReadCommand(reader, stage.name, problems);
  } else if (kind == "optimise") {
    stage.kind = OptimiseSpec{};
  } else if (kind == "verify") {
    stage.kind = ReadVerify(reader, problems);
  } else {
    if (reader.Find("kind") == nullptr) {
      reader.Complain("kind", fmt::format("is missing; known are {}", Join(known, ", ")));
    } else if (kind == "export") {
      reader.Complain("kind", fmt::format("\"{}\" is not in this version; known are {}", kind,
                                          Join(known, ", ")));
    } else if (!kind.empty()) {
      reader.Complain("kind", fmt::format("\"{}\" is not known{}", kind, Suggest(kind, known)));
    }
    return false;
  }
  return true;
}

}  // namespace

StageDraft ReadStage(const TomlNode& node, std::size_t number, Problems& problems) {
  StageDraft draft{.node = &node};
  const TomlNode* name = node.Find("name");
  const auto* text = name == nullptr ? nullptr : name->As<std::string>();
  TableReader reader(
      node, text == nullptr ? fmt::format("stage {}", number) : fmt::format("stage \"{}\"", *text),
      problems);
  reader.ReadText("name", draft.spec.name);
  if (name == nullptr) reader.Complain("name", "is missing");
  if (!draft.spec.name.empty() && !IsPlainLabel(draft.spec.name)) {
    reader.Complain("name", "may hold letters, digits, \".\", \"_\" and \"-\" only, at most 63");
  }
  ReadCommonKeys(reader, draft.spec);
  draft.kind_known = ReadKind(reader, draft.spec, problems);
  if (draft.kind_known) reader.Finish();
  return draft;
}

}  // namespace mayfly
