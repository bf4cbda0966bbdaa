// ParsePhase: the sections before the stages, and the order of the steps.

#include "model/phase_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace mayfly {
namespace {

constexpr int kMaxWriters = 1024;
// Room for the number of the run ("bqx__12345678") within PostgreSQL's 63 bytes.
constexpr std::size_t kMaxSchema = 50;

const TomlNode kNoTable{{1, ""}, TomlTable{}};

// The table of a section; an empty one where it is absent or is no table (which is a problem).
const TomlNode& Section(const TomlNode& root, std::string_view name, Problems& problems) {
  const TomlNode* node = root.Find(name);
  if (node == nullptr) return kNoTable;
  if (node->As<TomlTable>() != nullptr) return *node;
  problems.Add(node->place, fmt::format("[{}]: expected a table, found {}", name, TypeOf(*node)));
  return kNoTable;
}

void ReadDeadline(TableReader& reader, Instant now, Deadline& deadline) {
  const TomlNode* node = reader.Find("deadline");
  if (node == nullptr) return;
  std::optional<Instant> fixed;
  if (const auto* instant = node->As<Instant>()) fixed = *instant;
  if (const auto* text = node->As<std::string>();
      text != nullptr && text->find('-') != text->npos) {
    Result<Instant> instant = ParseInstant(*text);
    if (!instant.ok()) return reader.Complain("deadline", instant.error().message());
    fixed = *instant;
  }
  if (!fixed) {
    Duration from_approval = std::get<Duration>(deadline);
    reader.ReadDuration("deadline", from_approval, minutes(1));
    deadline = from_approval;
    return;
  }
  if (*fixed <= now) {
    return reader.Complain("deadline", fmt::format("{} has passed; give a later one, or a duration "
                                                   "from approval such as \"48h\"",
                                                   FormatInstant(*fixed)));
  }
  deadline = *fixed;
}

void ReadBudget(TableReader& reader, PhaseSpec& spec) {
  const TomlNode* node = reader.Find("budget");
  if (node == nullptr) return;
  const auto* text = node->As<std::string>();
  if (text == nullptr) {
    return reader.Complain("budget", "missing unit; write an amount as text, such as \"25 USD\"");
  }
  Result<Money> money = ParseMoney(*text);
  if (!money.ok()) return reader.Complain("budget", money.error().message());
  if (*money == Money{}) {
    return reader.Complain(
        "budget", fmt::format("\"{}\" pays for no machine; give what the run may cost, such "
                              "as \"25 USD\", or leave it out for no cap",
                              *text));
  }
  spec.budget = *money;
}

void ReadExpect(TableReader& reader, PhaseSpec& spec) {
  if (reader.Find("expect") == nullptr) return;
  Duration expect{};
  reader.ReadDuration("expect", expect, seconds(1));
  const auto* deadline = std::get_if<Duration>(&spec.deadline);
  if (deadline != nullptr && expect > *deadline) {
    return reader.Complain("expect",
                           fmt::format("{} is beyond the deadline of {}; give a later deadline",
                                       FormatDuration(expect), FormatDuration(*deadline)));
  }
  if (expect > Duration(0)) spec.expect = expect;
}

void ReadPhaseSection(const TomlNode& root, Instant now, PhaseSpec& spec, Problems& problems) {
  TableReader reader(Section(root, "phase", problems), "[phase]", problems);
  reader.ReadText("name", spec.name);
  if (reader.Find("name") == nullptr) {
    reader.Complain("name", "is missing; give the phase a name, such as \"bqx-phase2\"");
  } else if (!spec.name.empty() && !IsPlainLabel(spec.name)) {
    reader.Complain("name", fmt::format("\"{}\" may hold letters, digits, \"-\", \"_\" and \".\" "
                                        "only, at most 63",
                                        spec.name));
  }
  ReadDeadline(reader, now, spec.deadline);
  ReadBudget(reader, spec);
  ReadExpect(reader, spec);
  reader.ReadFlag("compat_epsilon", spec.compat_epsilon);
  reader.Finish();
}

std::string Unescape(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned byte = 0;
    bool escaped = text[i] == '%' && i + 2 < text.size() &&
                   std::from_chars(text.data() + i + 1, text.data() + i + 3, byte, 16).ptr ==
                       text.data() + i + 3;
    plain += escaped ? static_cast<char>(byte) : text[i];
    if (escaped) i += 2;
  }
  return plain;
}

// A password in user:password@host, or as a parameter of any spelling.
bool HoldsPassword(std::string_view url) {
  std::string plain = Lower(Unescape(url));
  if (plain.find("password") != std::string::npos) return true;
  std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return false;
  std::string_view rest = url.substr(scheme + 3);
  std::string_view authority = rest.substr(0, rest.find_first_of("/?"));
  // A password may itself hold "/", "?" and "@"; so an "@" anywhere later is suspect too.
  std::size_t colon = rest.find(':');
  std::size_t at = rest.rfind('@');
  if (at == std::string_view::npos) return false;
  return colon < at || authority.find('@') == std::string_view::npos;
}

// nullopt if the reference is fine; never the value, which may hold a secret.
std::optional<std::string> WrongWithUrl(const std::string& url) {
  constexpr std::string_view kKnown =
      "write \"embedded\", \"env:NAME\", \"file:PATH\", \"ssm:/NAME\", \"secretsmanager:NAME\", or "
      "a "
      "postgres:// URL without a password";
  if (url == "embedded") return std::nullopt;
  if (url.starts_with("env:")) {
    if (url.size() > 4 && url.find_first_of("= \t/") == std::string::npos) return std::nullopt;
    return "env: is to be followed by the name of an environment variable";
  }
  if (url.starts_with("file:")) {
    if (url.size() > 5) return std::nullopt;
    return "file: is to be followed by a path";
  }
  if (url.starts_with("ssm:")) {
    if (url.starts_with("ssm:/") && url.size() > 5) return std::nullopt;
    return "ssm: is to be followed by the full name of a parameter, as \"ssm:/prod/db\"";
  }
  if (url.starts_with("secretsmanager:")) {
    if (url.size() > std::string_view("secretsmanager:").size()) return std::nullopt;
    return "secretsmanager: is to be followed by the name or ARN of a secret";
  }
  if (url.starts_with("rds-iam")) {
    return fmt::format("\"rds-iam\" is not in this version; {}", kKnown);
  }
  bool is_url = url.starts_with("postgres://") || url.starts_with("postgresql://");
  if (!is_url && url.find('=') == std::string::npos) {
    return fmt::format("is not a database reference; {}", kKnown);
  }
  if (HoldsPassword(url)) {
    return "holds a password; secrets are given by reference only: put the URL into an "
           "environment variable, a file or AWS and write \"env:NAME\", \"file:PATH\", "
           "\"ssm:/NAME\" or \"secretsmanager:NAME\"";
  }
  return std::nullopt;
}

std::string DefaultSchema(std::string_view phase) {
  std::string schema = Lower(phase);
  for (char& c : schema) {
    if (c == '-' || c == '.') c = '_';
  }
  return schema;
}

void ReadCapacity(const TomlNode& node, DatabaseSpec& database, Problems& problems) {
  TableReader reader(node, "[database.capacity]", problems);
  CapacitySpec capacity;
  reader.ReadText("cluster", capacity.cluster);
  if (capacity.cluster.empty()) {
    reader.Complain("cluster", "is missing; name the Aurora cluster whose floor is raised");
  }
  const TomlNode* floor = reader.Find("floor");
  std::string text;
  if (floor != nullptr && floor->As<std::int64_t>() != nullptr) {
    text = fmt::format("{}", *floor->As<std::int64_t>());
  } else if (floor != nullptr && floor->As<double>() != nullptr) {
    text = fmt::format("{}", *floor->As<double>());
  }
  Result<std::int64_t> milli = ParseUnits(text);
  if (milli.ok() && *milli > 0) {
    capacity.floor_milli = *milli;
  } else {
    reader.Complain("floor", "is to be 0.5 to 256 capacity units in steps of a half, such as 8");
  }
  reader.Finish();
  database.capacity = std::move(capacity);
}

void ReadDatabase(const TomlNode& root, PhaseSpec& spec, Problems& problems) {
  TableReader reader(Section(root, "database", problems), "[database]", problems);
  DatabaseSpec& database = spec.database;
  reader.ReadText("url", database.url);
  if (auto wrong = WrongWithUrl(database.url)) reader.Complain("url", *wrong);
  database.schema = DefaultSchema(spec.name);
  reader.ReadText("schema", database.schema);
  bool is_reserved = database.schema == "mayfly" || database.schema == "information_schema" ||
                     database.schema.starts_with("pg_");
  bool is_plain = IsPlainName(database.schema) && database.schema.size() <= kMaxSchema;
  bool is_told = reader.Find("schema") == nullptr && !IsPlainLabel(spec.name);
  if (!is_told && (is_reserved || !is_plain)) {
    reader.Complain("schema",
                    fmt::format("\"{}\" {}", database.schema,
                                is_reserved ? "is taken by the database or by mayfly; choose "
                                              "another"
                                            : "is not a plain name (a-z, 0-9, _, no digit first, "
                                              "at most 50); set schema in [database]"));
  }
  reader.ReadCount("keep_runs", database.keep_runs, 1, 1000);
  reader.ReadCountOrAuto("writers", database.writers, kMaxWriters);
  const TomlNode* capacity = reader.Find("capacity");
  if (capacity != nullptr && capacity->As<TomlTable>() == nullptr) {
    reader.ComplainType(*capacity, "capacity", "a table");
  } else if (capacity != nullptr) {
    ReadCapacity(*capacity, database, problems);
  }
  reader.Finish();
}

void CheckSections(const TomlNode& root, Problems& problems) {
  const std::vector<std::string> known{"phase", "database", "machines", "grid", "stage"};
  for (const TomlEntry& entry : *root.As<TomlTable>()) {
    if (std::find(known.begin(), known.end(), entry.key) != known.end()) continue;
    problems.Add(entry.place,
                 fmt::format("unknown section \"{}\"{}", entry.key, Suggest(entry.key, known)));
  }
}

std::vector<StageDraft> ReadStages(const TomlNode& root, Problems& problems) {
  std::vector<StageDraft> drafts;
  const TomlNode* node = root.Find("stage");
  if (node == nullptr) {
    problems.Add({1, ""}, "the phase has no stage; add a [[stage]]");
    return drafts;
  }
  const auto* array = node->As<TomlArray>();
  if (array == nullptr || array->empty()) {
    problems.Add(node->place, fmt::format("stage: expected [[stage]], found {}",
                                          array == nullptr ? TypeOf(*node) : "an empty list"));
    return drafts;
  }
  for (const TomlNode& item : *array) {
    if (item.As<TomlTable>() == nullptr) {
      problems.Add(item.place, fmt::format("stage: expected [[stage]], found {}", TypeOf(item)));
      continue;
    }
    drafts.push_back(ReadStage(item, drafts.size() + 1, problems));
  }
  return drafts;
}

// Tables whose keys have an order that means something.
bool IsOrdered(std::string_view path) { return path == "grid" || path == "stage.columns"; }

}  // namespace

Result<ParsedPhase> ParsePhase(std::string_view text, const ParseContext& context) {
  Problems problems;
  std::optional<TomlNode> root = ParseToml(text, problems);
  if (!root) return problems.AsError(context.file);
  ApplySets(*root, context.sets, problems);
  SettlePaths(*root, context, problems);

  PhaseSpec spec;
  CheckSections(*root, problems);
  ReadPhaseSection(*root, context.now, spec, problems);
  ReadDatabase(*root, spec, problems);
  ReadMachines(Section(*root, "machines", problems), spec.machines, problems);
  std::vector<StageDraft> drafts = ReadStages(*root, problems);
  bool has_load = std::any_of(drafts.begin(), drafts.end(), [](const StageDraft& draft) {
    return draft.kind_known && std::holds_alternative<LoadSpec>(draft.spec.kind);
  });
  spec.grid = ReadGrid(*root, has_load, problems);
  CheckStages(spec, drafts, problems);
  spec.stages = OrderStages(drafts, problems);
  for (StageSpec& stage : spec.stages) {
    auto* features = std::get_if<FeaturesSpec>(&stage.kind);
    if (features != nullptr) features->compat_epsilon = spec.compat_epsilon;
  }
  if (!problems.empty()) return problems.AsError(context.file);
  return ParsedPhase{std::move(spec), WriteToml(*root, IsOrdered)};
}

}  // namespace mayfly
