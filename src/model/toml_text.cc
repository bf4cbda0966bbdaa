// TOML text to a tree and back. The library's exceptions stop here.

#include <fmt/format.h>

#include <toml++/toml.h>
#include <algorithm>
#include <cmath>
#include <utility>

#include "base/text.h"
#include "model/toml_reader.h"

namespace mayfly {
namespace {

// Builds the tree; `set_key` is not empty for the value of a --set.
class Converter {
 public:
  Converter(std::string set_key, Problems& problems)
      : set_key_(std::move(set_key)), problems_(problems) {}

  bool failed() const { return failed_; }

  TomlNode Convert(const toml::node& node) {
    TomlNode made{PlaceOf(node.source()), std::string()};
    if (const auto* text = node.as_string()) made.value = text->get();
    if (const auto* whole = node.as_integer()) made.value = whole->get();
    if (const auto* real = node.as_floating_point()) made.value = real->get();
    if (const auto* flag = node.as_boolean()) made.value = flag->get();
    if (const auto* date = node.as_date()) SetInstant(made, date->get(), {}, 0);
    if (const auto* when = node.as_date_time()) {
      const toml::date_time& value = when->get();
      SetInstant(made, value.date, value.time, value.offset ? value.offset->minutes : 0);
    }
    if (node.is_time()) Fail(made.place, "a time of day is used nowhere in a phase file");
    if (const auto* array = node.as_array()) made.value = ConvertArray(*array);
    if (const auto* table = node.as_table()) made.value = ConvertTable(*table);
    return made;
  }

 private:
  Place PlaceOf(const toml::source_region& source) const {
    return {static_cast<int>(source.begin.line), set_key_};
  }

  void Fail(const Place& place, std::string message) {
    failed_ = true;
    problems_.Add(place, std::move(message));
  }

  void SetInstant(TomlNode& node, toml::date date, toml::time time, int offset_minutes) {
    std::chrono::year_month_day day{std::chrono::year(date.year), std::chrono::month(date.month),
                                    std::chrono::day(date.day)};
    if (!day.ok() || date.year < 2 || date.year > 9998) {
      return Fail(node.place, "a date outside of the calendar");
    }
    Duration of_day = hours(time.hour) + minutes(time.minute) + seconds(time.second) +
                      Duration(time.nanosecond / 1000);
    node.value = Instant(std::chrono::sys_days(day)) + of_day - minutes(offset_minutes);
  }

  TomlArray ConvertArray(const toml::array& array) {
    TomlArray made;
    for (const toml::node& item : array) made.push_back(Convert(item));
    return made;
  }

  // The library sorts keys; their places give the order of the file back.
  TomlTable ConvertTable(const toml::table& table) {
    std::vector<std::pair<toml::source_position, TomlEntry>> entries;
    for (const auto& [key, node] : table) {
      entries.push_back(
          {key.source().begin, {std::string(key.str()), PlaceOf(key.source()), Convert(node)}});
    }
    std::stable_sort(entries.begin(), entries.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    TomlTable made;
    for (auto& [position, entry] : entries) made.push_back(std::move(entry));
    return made;
  }

  std::string set_key_;
  Problems& problems_;
  bool failed_ = false;
};

std::optional<TomlNode> ParseAt(std::string_view text, const std::string& set_key,
                                Problems& problems) {
  try {
    toml::table table = toml::parse(text);
    Converter converter(set_key, problems);
    TomlNode root = converter.Convert(table);
    if (converter.failed()) return std::nullopt;
    return root;
  } catch (const toml::parse_error& error) {
    problems.Add({static_cast<int>(error.source().begin.line), set_key},
                 fmt::format("not TOML: {}", error.description()));
  } catch (const std::exception& error) {
    problems.Add({1, set_key}, fmt::format("not TOML: {}", error.what()));
  }
  return std::nullopt;
}

using IsOrdered = std::function<bool(std::string_view path)>;

std::string WriteText(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (byte < 0x20 || byte == 0x7F) {
      out += fmt::format("\\u{:04X}", byte);
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string WriteKey(std::string_view key) {
  bool bare = !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  });
  return bare ? std::string(key) : WriteText(key);
}

std::string WriteReal(double real) {
  if (std::isnan(real)) return "nan";
  std::string text = fmt::format("{}", real);
  return text.find_first_of(".en") == std::string::npos ? text + ".0" : text;
}

std::string Below(std::string_view path, std::string_view key) {
  return path.empty() ? std::string(key) : fmt::format("{}.{}", path, key);
}

std::vector<const TomlEntry*> Entries(const TomlTable& table, bool ordered) {
  std::vector<const TomlEntry*> entries;
  for (const TomlEntry& entry : table) entries.push_back(&entry);
  if (ordered) return entries;
  std::sort(entries.begin(), entries.end(), [](auto* a, auto* b) { return a->key < b->key; });
  return entries;
}

std::string WriteValue(const TomlNode& node, const std::string& path, const IsOrdered& is_ordered) {
  if (const auto* text = node.As<std::string>()) return WriteText(*text);
  if (const auto* whole = node.As<std::int64_t>()) return fmt::format("{}", *whole);
  if (const auto* real = node.As<double>()) return WriteReal(*real);
  if (const auto* flag = node.As<bool>()) return *flag ? "true" : "false";
  if (const auto* instant = node.As<Instant>()) return FormatInstant(*instant);
  std::vector<std::string> parts;
  if (const auto* array = node.As<TomlArray>()) {
    for (const TomlNode& item : *array) parts.push_back(WriteValue(item, path, is_ordered));
    return fmt::format("[{}]", Join(parts, ", "));
  }
  for (const TomlEntry* entry : Entries(*node.As<TomlTable>(), is_ordered(path))) {
    parts.push_back(fmt::format("{} = {}", WriteKey(entry->key),
                                WriteValue(entry->node, Below(path, entry->key), is_ordered)));
  }
  return fmt::format("{{{}}}", Join(parts, ", "));
}

std::string WriteBody(const TomlTable& table, const std::string& path,
                      const IsOrdered& is_ordered) {
  std::string out;
  for (const TomlEntry* entry : Entries(table, is_ordered(path))) {
    out += fmt::format("{} = {}\n", WriteKey(entry->key),
                       WriteValue(entry->node, Below(path, entry->key), is_ordered));
  }
  return out;
}

bool IsListOfTables(const TomlNode& node) {
  const auto* array = node.As<TomlArray>();
  return array != nullptr && !array->empty() &&
         std::all_of(array->begin(), array->end(),
                     [](const TomlNode& item) { return item.As<TomlTable>() != nullptr; });
}

}  // namespace

std::optional<TomlNode> ParseToml(std::string_view text, Problems& problems) {
  return ParseAt(text, "", problems);
}

std::optional<TomlNode> ParseTomlValue(std::string_view text, const Place& place,
                                       Problems& problems) {
  Problems quiet;
  std::optional<TomlNode> root = ParseAt(fmt::format("value = {}", text), place.set_key, quiet);
  if (root && root->As<TomlTable>()->size() == 1) {
    return std::move(root->As<TomlTable>()->front().node);
  }
  std::string_view word = Trim(text);
  if (!word.empty() && std::string_view("\"'[{").find(word.front()) != std::string_view::npos) {
    problems.Add(place, "the value starts like TOML and is not; close its quotes and brackets");
    return std::nullopt;
  }
  // As a quoted string, so that what is not text (control bytes, broken UTF-8) is refused here.
  std::optional<TomlNode> quoted =
      ParseAt(fmt::format("value = {}", WriteText(word)), place.set_key, quiet);
  if (!quoted) {
    problems.Add(place, "the value is not text");
    return std::nullopt;
  }
  return std::move(quoted->As<TomlTable>()->front().node);
}

std::string WriteToml(const TomlNode& root, const IsOrdered& is_ordered) {
  TomlTable plain;
  std::string sections;
  for (const TomlEntry* entry : Entries(*root.As<TomlTable>(), false)) {
    if (const auto* table = entry->node.As<TomlTable>()) {
      sections += fmt::format("\n[{}]\n{}", WriteKey(entry->key),
                              WriteBody(*table, entry->key, is_ordered));
    } else if (IsListOfTables(entry->node)) {
      for (const TomlNode& item : *entry->node.As<TomlArray>()) {
        sections += fmt::format("\n[[{}]]\n{}", WriteKey(entry->key),
                                WriteBody(*item.As<TomlTable>(), entry->key, is_ordered));
      }
    } else {
      plain.push_back(*entry);
    }
  }
  std::string text = WriteBody(plain, "", is_ordered) + sections;
  return text.starts_with('\n') ? text.substr(1) : text;
}

}  // namespace mayfly
