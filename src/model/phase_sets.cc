// --set, and what makes the text mean the same anywhere.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "base/text.h"
#include "model/phase_parser.h"

namespace mayfly {
namespace {

struct SetText {
  std::string key;  // as written, for messages
  std::vector<std::string> path;
  std::string_view value;
};

// Reads one part of a key path and moves past it; nullopt where a quote stays open.
std::optional<std::string> TakePart(std::string_view text, std::size_t& at) {
  if (at < text.size() && (text[at] == '"' || text[at] == '\'')) {
    std::size_t close = text.find(text[at], at + 1);
    if (close == std::string_view::npos) return std::nullopt;
    std::string part(text.substr(at + 1, close - at - 1));
    at = close + 1;
    return part;
  }
  std::size_t end = std::min(text.find_first_of(".=", at), text.size());
  std::string part(Trim(text.substr(at, end - at)));
  at = end;
  return part;
}

std::optional<SetText> ReadSet(std::string_view text) {
  SetText set;
  std::size_t at = 0;
  while (true) {
    std::optional<std::string> part = TakePart(text, at);
    if (!part || part->empty()) return std::nullopt;
    set.path.push_back(*part);
    while (at < text.size() && text[at] == ' ') ++at;
    if (at >= text.size()) return std::nullopt;
    char next = text[at++];
    if (next == '=') break;
    if (next != '.') return std::nullopt;
  }
  set.key = std::string(Trim(text.substr(0, at - 1)));
  set.value = text.substr(at);
  return set;
}

TomlArray* Stages(TomlNode& root) {
  TomlNode* node = root.Find("stage");
  return node == nullptr ? nullptr : node->As<TomlArray>();
}

bool HasText(const TomlNode& node, std::string_view key, std::string_view text) {
  const TomlNode* value = node.Find(key);
  const auto* found = value == nullptr ? nullptr : value->As<std::string>();
  return found != nullptr && *found == text;
}

std::vector<TomlNode*> StagesWith(TomlNode& root, std::string_view key, std::string_view text) {
  std::vector<TomlNode*> found;
  if (Stages(root) == nullptr) return found;
  for (TomlNode& stage : *Stages(root)) {
    if (HasText(stage, key, text)) found.push_back(&stage);
  }
  return found;
}

std::vector<std::string> StageNames(TomlNode& root) {
  std::vector<std::string> names;
  if (Stages(root) == nullptr) return names;
  for (const TomlNode& stage : *Stages(root)) {
    const TomlNode* name = stage.Find("name");
    if (name != nullptr && name->As<std::string>() != nullptr) {
      names.push_back(*name->As<std::string>());
    }
  }
  return names;
}

// One --set and the tree it is put into.
class Setter {
 public:
  Setter(TomlNode& root, const SetText& set, Problems& problems)
      : root_(root), set_(set), place_{0, set.key}, problems_(problems) {}

  void Apply() {
    std::size_t used = 0;
    TomlNode* table = FindStart(used);
    if (table == nullptr) return;
    if (used >= set_.path.size()) return Fail("names a table; add the key that is to be set");
    for (; used + 1 < set_.path.size(); ++used) {
      table = Descend(*table, set_.path[used]);
      if (table == nullptr) return;
    }
    std::optional<TomlNode> value = ParseTomlValue(set_.value, place_, problems_);
    if (value) Mark(*value);
    if (value) table->Put(set_.path.back(), std::move(*value));
  }

 private:
  void Fail(std::string message) { problems_.Add(place_, std::move(message)); }

  // The table that the first parts of the path name, and how many parts that took.
  TomlNode* FindStart(std::size_t& used) {
    constexpr std::array<std::string_view, 4> kSections{"phase", "database", "machines", "grid"};
    const std::string& first = set_.path.front();
    used = 1;
    if (std::find(kSections.begin(), kSections.end(), first) != kSections.end()) {
      return Descend(root_, first);
    }
    if (first == "stage") {
      used = 2;
      return FindStage();
    }
    std::vector<TomlNode*> of_kind = StagesWith(root_, "kind", first);
    if (of_kind.size() == 1) return of_kind.front();
    if (of_kind.size() > 1) {
      Fail(fmt::format("there are {} {} stages; write stage.NAME.{}", of_kind.size(), first,
                       set_.path.size() > 1 ? set_.path[1] : "KEY"));
      return nullptr;
    }
    std::vector<std::string> known(kSections.begin(), kSections.end());
    known.insert(known.end(), {"stage", "load", "features", "sql", "command", "verify"});
    Fail(fmt::format("\"{}\" is neither a section nor the kind of a stage of this phase{}", first,
                     Suggest(first, known)));
    return nullptr;
  }

  TomlNode* FindStage() {
    if (set_.path.size() < 2) {
      Fail("names no stage; write stage.NAME.KEY");
      return nullptr;
    }
    std::vector<TomlNode*> named = StagesWith(root_, "name", set_.path[1]);
    if (!named.empty()) return named.front();
    std::vector<std::string> names = StageNames(root_);
    std::string rest;
    for (std::size_t i = 1; i < set_.path.size(); ++i) rest += (i > 1 ? "." : "") + set_.path[i];
    for (const std::string& name : names) {
      if (!rest.starts_with(name + ".")) continue;
      Fail(fmt::format("a stage name that holds dots is quoted: stage.\"{}\"{}", name,
                       rest.substr(name.size())));
      return nullptr;
    }
    Fail(fmt::format("there is no stage \"{}\"{}", set_.path[1], Suggest(set_.path[1], names)));
    return nullptr;
  }

  TomlNode* Descend(TomlNode& table, const std::string& key) {
    TomlNode* inner = table.Find(key);
    if (inner == nullptr) {
      table.Put(key, TomlNode{place_, TomlTable{}});
      inner = table.Find(key);
    }
    if (inner->As<TomlTable>() != nullptr) return inner;
    Fail(fmt::format("\"{}\" is {}, not a table; set it as a whole", key, TypeOf(*inner)));
    return nullptr;
  }

  void Mark(TomlNode& node) const {
    node.place = place_;
    if (auto* array = node.As<TomlArray>()) {
      for (TomlNode& item : *array) Mark(item);
    }
    if (auto* table = node.As<TomlTable>()) {
      for (TomlEntry& entry : *table) {
        entry.place = place_;
        Mark(entry.node);
      }
    }
  }

  TomlNode& root_;
  const SetText& set_;
  Place place_;
  Problems& problems_;
};

std::string Absolute(const std::string& path, const Place& place, const ParseContext& context) {
  const std::string& base = place.set_key.empty() ? context.folder : context.working_folder;
  std::string made = (std::filesystem::path(base) / path).lexically_normal().string();
  return made.size() > 1 && made.ends_with('/') ? made.substr(0, made.size() - 1) : made;
}

void SettlePath(TomlNode* node, const ParseContext& context) {
  auto* path = node == nullptr ? nullptr : node->As<std::string>();
  if (path != nullptr && !path->empty()) *path = Absolute(*path, node->place, context);
}

// "file" becomes "query": the plan holds the statement itself, so that a change to it is another
// plan, and a machine without the file can run it.
void SettleQuery(TomlNode& stage, const ParseContext& context, Problems& problems) {
  TomlNode* file = stage.Find("file");
  const auto* path = file == nullptr ? nullptr : file->As<std::string>();
  if (path == nullptr || path->empty() || stage.Find("query") != nullptr) return;
  std::string absolute = Absolute(*path, file->place, context);
  Result<std::string> text = context.read_file
                                 ? context.read_file(absolute)
                                 : Result<std::string>(NotFound(absolute + " cannot be read here"));
  if (!text.ok()) return problems.Add(file->place, "file: " + text.error().message());
  auto& table = *stage.As<TomlTable>();
  for (TomlEntry& entry : table) {
    if (entry.key != "file") continue;
    entry.key = "query";
    entry.node.value = *text;
  }
}

// Files instead of whatever the stage reads, a table or another folder; in our own dialect.
void ReplaceBars(TomlNode& stage, const ParseContext& context) {
  auto& table = *stage.As<TomlTable>();
  std::erase_if(table, [](const TomlEntry& entry) {
    constexpr std::array<std::string_view, 5> kOfItsSource{"source", "separator", "time_format",
                                                           "header", "columns"};
    return std::ranges::find(kOfItsSource, entry.key) != kOfItsSource.end();
  });
  stage.Put("dir", {stage.place, context.bars_instead});
}

}  // namespace

void ApplySets(TomlNode& root, const std::vector<std::string>& sets, Problems& problems) {
  for (const std::string& text : sets) {
    std::optional<SetText> set = ReadSet(text);
    if (set) {
      Setter(root, *set, problems).Apply();
      continue;
    }
    // Only the part before the value is shown: the value may be a secret.
    problems.Add({0, text.substr(0, text.find('='))},
                 "is not of the form key.path=value, such as machines.slots=2");
  }
}

void SettlePaths(TomlNode& root, const ParseContext& context, Problems& problems) {
  if (TomlNode* database = root.Find("database")) {
    TomlNode* url = database->Find("url");
    auto* text = url == nullptr ? nullptr : url->As<std::string>();
    if (text != nullptr && text->starts_with("file:") && text->size() > 5) {
      *text = "file:" + Absolute(text->substr(5), url->place, context);
    }
  }
  if (Stages(root) == nullptr) return;
  for (TomlNode& stage : *Stages(root)) {
    bool is_load = HasText(stage, "kind", "load");
    if (is_load && !context.bars_instead.empty()) ReplaceBars(stage, context);
    if (is_load) SettlePath(stage.Find("dir"), context);
    if (HasText(stage, "kind", "sql")) SettleQuery(stage, context, problems);
    if (!HasText(stage, "kind", "command")) continue;
    SettlePath(stage.Find("cwd"), context);
    if (stage.Find("cwd") == nullptr) stage.Put("cwd", {stage.place, context.folder});
  }
}

}  // namespace mayfly
