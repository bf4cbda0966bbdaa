#pragma once
// TOML as a tree whose every value knows where it was written, and a reader that turns a table into
// fields while it collects every mistake. The only place that knows the TOML library.

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace mayfly {

// A line of the file, or the key of the --set that gave the value.
struct Place {
  int line = 0;
  std::string set_key;
};

struct TomlNode;
struct TomlEntry;
using TomlArray = std::vector<TomlNode>;
using TomlTable = std::vector<TomlEntry>;  // in the order of the file

struct TomlNode {
  Place place;
  std::variant<std::string, std::int64_t, double, bool, Instant, TomlArray, TomlTable> value;

  template <typename T>
  const T* As() const {
    return std::get_if<T>(&value);
  }
  template <typename T>
  T* As() {
    return std::get_if<T>(&value);
  }

  // The value under this key; nullptr where there is none or this is not a table.
  const TomlNode* Find(std::string_view key) const;
  TomlNode* Find(std::string_view key);

  // Replaces or appends. Needs a table.
  void Put(std::string_view key, TomlNode node);
};

struct TomlEntry {
  std::string key;
  Place place;
  TomlNode node;
};

// "a string", "a whole number", "a list", …; never the value itself, which may be a secret.
std::string_view TypeOf(const TomlNode& node);

// Every mistake of one text, to be told all at once.
class Problems {
 public:
  void Add(const Place& place, std::string message);
  bool empty() const { return found_.empty(); }

  // One per line, "file:line: message" by line, then "--set key: message".
  Error AsError(std::string_view file) const;

 private:
  struct Problem {
    Place place;
    std::string message;
  };
  std::vector<Problem> found_;
};

// The whole text as one table. A syntax error is one problem and no tree.
std::optional<TomlNode> ParseToml(std::string_view text, Problems& problems);

// The value of a --set: TOML, or a bare word that is a string.
std::optional<TomlNode> ParseTomlValue(std::string_view text, const Place& place,
                                       Problems& problems);

// Text that ParseToml reads back to the same tree. Keys are sorted, except in tables that
// `is_ordered` names by their dotted path ("grid", "stage.columns"), where their order means
// something.
std::string WriteToml(const TomlNode& root,
                      const std::function<bool(std::string_view path)>& is_ordered);

// Reads one table into fields. An absent key leaves its field alone; a wrong one becomes a problem
// and leaves the field alone too. Needs `table` to outlive it.
class TableReader {
 public:
  // `what` names the table in messages: "[phase]", "stage \"bqx\"".
  TableReader(const TomlNode& table, std::string what, Problems& problems);

  // The node under a key that is known from now on; nullptr if absent.
  const TomlNode* Find(std::string_view key);

  void ReadText(std::string_view key, std::string& field);
  void ReadWord(std::string_view key, std::string& field, std::span<const std::string_view> words);
  void ReadCount(std::string_view key, int& field, int least, int most);
  void ReadFlag(std::string_view key, bool& field);
  void ReadShare(std::string_view key, double& field);  // 0 … 1
  void ReadDuration(std::string_view key, Duration& field, Duration least);
  void ReadTexts(std::string_view key, std::vector<std::string>& field);
  void ReadCountOrAuto(std::string_view key, std::optional<int>& field,
                       int most);                                            // "auto": absent
  void ReadBytes(std::string_view key, std::optional<std::int64_t>& field);  // "2 GiB"

  // A problem at the key, or at the table where the key is absent.
  void Complain(std::string_view key, std::string_view message);
  void ComplainAt(const Place& place, std::string_view key, std::string_view message);
  void ComplainType(const TomlNode& node, std::string_view key, std::string_view expected);

  // Complains of every key that nobody asked for, naming the nearest that was.
  void Finish();

  const TomlNode& table() const { return table_; }
  const std::string& what() const { return what_; }

 private:
  const TomlNode& table_;
  std::string what_;
  Problems& problems_;
  std::vector<std::string> known_;
};

// "; did you mean \"familly\"?" or "; known are a, b".
std::string Suggest(std::string_view word, std::span<const std::string> candidates);

}  // namespace mayfly
