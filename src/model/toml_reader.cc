#include "model/toml_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <utility>

#include "base/text.h"

namespace mayfly {
namespace {

Result<std::int64_t> ParseByteSize(std::string_view text) {
  struct Unit {
    std::string_view name;
    std::int64_t bytes;
  };
  constexpr std::array<Unit, 8> kUnits{{{"KiB", 1LL << 10},
                                        {"MiB", 1LL << 20},
                                        {"GiB", 1LL << 30},
                                        {"TiB", 1LL << 40},
                                        {"kB", 1'000},
                                        {"MB", 1'000'000},
                                        {"GB", 1'000'000'000},
                                        {"TB", 1'000'000'000'000}}};
  std::int64_t number = 0;
  auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  std::string_view name = Trim(text.substr(static_cast<std::size_t>(end - text.data())));
  for (const Unit& unit : kUnits) {
    std::int64_t bytes = 0;
    if (code == std::errc{} && number > 0 && name == unit.name &&
        !__builtin_mul_overflow(number, unit.bytes, &bytes)) {
      return bytes;
    }
  }
  return Invalid(fmt::format(
      "\"{}\" is not an amount of memory; write a number and a unit, such as \"2 GiB\"", text));
}

}  // namespace

const TomlNode* TomlNode::Find(std::string_view key) const {
  const auto* table = As<TomlTable>();
  if (table == nullptr) return nullptr;
  for (const TomlEntry& entry : *table) {
    if (entry.key == key) return &entry.node;
  }
  return nullptr;
}

TomlNode* TomlNode::Find(std::string_view key) {
  return const_cast<TomlNode*>(std::as_const(*this).Find(key));
}

void TomlNode::Put(std::string_view key, TomlNode node) {
  Place at = node.place;
  if (TomlNode* present = Find(key); present != nullptr) {
    *present = std::move(node);
    return;
  }
  As<TomlTable>()->push_back({std::string(key), std::move(at), std::move(node)});
}

std::string_view TypeOf(const TomlNode& node) {
  constexpr std::array<std::string_view, 7> kNames{"a string",      "a whole number", "a number",
                                                   "true or false", "a date-time",    "a list",
                                                   "a table"};
  return kNames[node.value.index()];
}

std::string Suggest(std::string_view word, std::span<const std::string> candidates) {
  if (std::optional<std::string> near = NearestName(word, candidates)) {
    return fmt::format("; did you mean \"{}\"?", *near);
  }
  if (candidates.empty()) return {};
  return fmt::format("; known are {}", Join(candidates, ", "));
}

void Problems::Add(const Place& place, std::string message) {
  found_.push_back({place, std::move(message)});
}

Error Problems::AsError(std::string_view file) const {
  std::vector<Problem> sorted = found_;
  std::stable_sort(sorted.begin(), sorted.end(), [](const Problem& a, const Problem& b) {
    bool a_set = !a.place.set_key.empty();
    bool b_set = !b.place.set_key.empty();
    return a_set != b_set ? b_set : (!a_set && a.place.line < b.place.line);
  });
  std::vector<std::string> lines;
  for (const Problem& problem : sorted) {
    std::string where = problem.place.set_key.empty()
                            ? fmt::format("{}:{}", file, std::max(problem.place.line, 1))
                            : fmt::format("--set {}", problem.place.set_key);
    lines.push_back(fmt::format("{}: {}", where, problem.message));
  }
  return Invalid(Join(lines, "\n"));
}

TableReader::TableReader(const TomlNode& table, std::string what, Problems& problems)
    : table_(table), what_(std::move(what)), problems_(problems) {}

const TomlNode* TableReader::Find(std::string_view key) {
  if (std::find(known_.begin(), known_.end(), key) == known_.end()) known_.emplace_back(key);
  return table_.Find(key);
}

void TableReader::ReadText(std::string_view key, std::string& field) {
  const TomlNode* node = Find(key);
  if (node == nullptr) return;
  const auto* text = node->As<std::string>();
  if (text == nullptr) return ComplainType(*node, key, "a string");
  if (text->empty()) return ComplainAt(node->place, key, "is empty; leave it out or give a value");
  field = *text;
}

void TableReader::ReadWord(std::string_view key, std::string& field,
                           std::span<const std::string_view> words) {
  std::string word = field;
  ReadText(key, word);
  if (word == field || std::find(words.begin(), words.end(), word) != words.end()) {
    field = word;
    return;
  }
  std::vector<std::string> known(words.begin(), words.end());
  ComplainAt(Find(key)->place, key,
             fmt::format("\"{}\" is not known{}", word, Suggest(word, known)));
}

void TableReader::ReadCount(std::string_view key, int& field, int least, int most) {
  const TomlNode* node = Find(key);
  if (node == nullptr) return;
  const auto* number = node->As<std::int64_t>();
  if (number == nullptr) return ComplainType(*node, key, "a whole number");
  if (*number < least || *number > most) {
    return ComplainAt(node->place, key,
                      fmt::format("{} is not between {} and {}", *number, least, most));
  }
  field = static_cast<int>(*number);
}

void TableReader::ReadFlag(std::string_view key, bool& field) {
  const TomlNode* node = Find(key);
  if (node == nullptr) return;
  const auto* flag = node->As<bool>();
  if (flag == nullptr) return ComplainType(*node, key, "true or false");
  field = *flag;
}

void TableReader::ReadShare(std::string_view key, double& field) {
  const TomlNode* node = Find(key);
  if (node == nullptr) return;
  double share = 0;
  if (const auto* real = node->As<double>(); real != nullptr) {
    share = *real;
  } else if (const auto* whole = node->As<std::int64_t>(); whole != nullptr) {
    share = static_cast<double>(*whole);
  } else {
    return ComplainType(*node, key, "a number from 0 to 1");
  }
  if (!(share >= 0 && share <= 1)) {
    return ComplainAt(node->place, key, fmt::format("{} is not between 0 and 1", share));
  }
  field = share;
}

void TableReader::ReadDuration(std::string_view key, Duration& field, Duration least) {
  const TomlNode* node = Find(key);
  if (node == nullptr) return;
  constexpr std::string_view kMissing =
      "missing unit; write a duration as text, such as \"90s\", \"250ms\" or \"48h\"";
  if (node->As<std::int64_t>() != nullptr || node->As<double>() != nullptr) {
    return ComplainAt(node->place, key, kMissing);
  }
  const auto* text = node->As<std::string>();
  if (text == nullptr) return ComplainType(*node, key, "a duration");
  bool bare = !text->empty() && text->find_first_not_of("0123456789. ") == std::string::npos;
  if (bare) return ComplainAt(node->place, key, kMissing);
  Result<Duration> duration = ParseDuration(*text);
  if (!duration.ok()) return ComplainAt(node->place, key, duration.error().message());
  if (*duration < least) {
    return ComplainAt(node->place, key,
                      fmt::format("\"{}\" is less than {}", *text, FormatDuration(least)));
  }
  field = *duration;
}

void TableReader::ReadTexts(std::string_view key, std::vector<std::string>& field) {
  const TomlNode* node = Find(key);
  if (node == nullptr) return;
  const auto* list = node->As<TomlArray>();
  if (list == nullptr) return ComplainType(*node, key, "a list of strings");
  std::vector<std::string> texts;
  for (const TomlNode& item : *list) {
    const auto* text = item.As<std::string>();
    if (text == nullptr) return ComplainType(item, key, "a list of strings");
    texts.push_back(*text);
  }
  field = std::move(texts);
}

void TableReader::ReadCountOrAuto(std::string_view key, std::optional<int>& field, int most) {
  const TomlNode* node = Find(key);
  if (node == nullptr) return;
  if (const auto* word = node->As<std::string>()) {
    if (*word == "auto") return;
    return Complain(key, fmt::format("\"{}\" is neither \"auto\" nor a whole number", *word));
  }
  int count = 1;
  ReadCount(key, count, 1, most);
  field = count;
}

void TableReader::ReadBytes(std::string_view key, std::optional<std::int64_t>& field) {
  const TomlNode* node = Find(key);
  if (node == nullptr) return;
  const auto* text = node->As<std::string>();
  Result<std::int64_t> bytes = text == nullptr
                                   ? Invalid("missing unit; write it as text, such as \"2 GiB\"")
                                   : ParseByteSize(*text);
  if (!bytes.ok()) return Complain(key, bytes.error().message());
  field = *bytes;
}

void TableReader::Complain(std::string_view key, std::string_view message) {
  const TomlNode* node = table_.Find(key);
  ComplainAt(node == nullptr ? table_.place : node->place, key, message);
}

void TableReader::ComplainAt(const Place& place, std::string_view key, std::string_view message) {
  problems_.Add(place, fmt::format("{} {}: {}", what_, key, message));
}

void TableReader::ComplainType(const TomlNode& node, std::string_view key,
                               std::string_view expected) {
  ComplainAt(node.place, key, fmt::format("expected {}, found {}", expected, TypeOf(node)));
}

void TableReader::Finish() {
  const auto* table = table_.As<TomlTable>();
  if (table == nullptr) return;
  for (const TomlEntry& entry : *table) {
    if (std::find(known_.begin(), known_.end(), entry.key) != known_.end()) continue;
    problems_.Add(entry.place, fmt::format("{}: unknown key \"{}\"{}", what_, entry.key,
                                           Suggest(entry.key, known_)));
  }
}

}  // namespace mayfly
