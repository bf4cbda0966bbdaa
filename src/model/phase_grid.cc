// Reads [grid].

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "model/phase_parser.h"

namespace mayfly {
namespace {

constexpr std::string_view kFromData = "from-data";
constexpr auto kLongestSpan = std::chrono::days(366 * 100);

void CheckLabels(TableReader& reader, const DimensionSpec& dimension, const TomlNode& node) {
  const std::vector<std::string>& labels = *dimension.labels;
  if (labels.empty()) {
    reader.ComplainAt(node.place, dimension.name, "is an empty list; a grid needs labels");
  }
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const Place& place = (*node.As<TomlArray>())[i].place;
    if (std::find(labels.begin(), labels.begin() + static_cast<std::ptrdiff_t>(i), labels[i]) !=
        labels.begin() + static_cast<std::ptrdiff_t>(i)) {
      reader.ComplainAt(place, dimension.name, fmt::format("\"{}\" is listed twice", labels[i]));
    }
    if (!IsPlainLabel(labels[i])) {
      reader.ComplainAt(place, dimension.name,
                        fmt::format("\"{}\" is not a plain label (letters, digits, \".\", \"_\", "
                                    "\"-\", at most 63)",
                                    labels[i]));
    }
  }
}

void ReadMonth(TableReader& reader, std::string_view key, std::optional<Instant>& month) {
  std::string text;
  reader.ReadText(key, text);
  if (text.empty()) return;
  Result<Instant> parsed = ParseMonth(text);
  if (parsed.ok()) month = *parsed;
  if (!parsed.ok()) reader.Complain(key, parsed.error().message());
}

void ReadPeriods(const TomlNode& node, bool has_load, DimensionSpec& dimension,
                 Problems& problems) {
  constexpr std::array<std::string_view, 3> kUnits{"month", "quarter", "year"};
  TableReader reader(node, "[grid] period", problems);
  std::string every;
  reader.ReadWord("every", every, kUnits);
  for (PeriodUnit unit : {PeriodUnit::kMonth, PeriodUnit::kQuarter, PeriodUnit::kYear}) {
    if (every == Name(unit)) dimension.every = unit;
  }
  ReadMonth(reader, "from", dimension.from_month);
  ReadMonth(reader, "to", dimension.to_month);
  bool is_open = reader.Find("from") == nullptr || reader.Find("to") == nullptr;
  if (is_open && !has_load) {
    reader.Complain("from", "and \"to\" are both needed, because no load stage has the data");
  }
  if (dimension.from_month && dimension.to_month) {
    if (*dimension.from_month > *dimension.to_month) {
      reader.Complain("from", "is after \"to\"");
    } else if (*dimension.to_month - *dimension.from_month > kLongestSpan) {
      reader.Complain("from", "is more than 100 years before \"to\"");
    }
  }
  reader.Finish();
}

void ReadDimension(TableReader& reader, const TomlNode& node, bool has_load,
                   DimensionSpec& dimension, Problems& problems) {
  bool is_period = dimension.name == kPeriodDimension;
  const auto* word = node.As<std::string>();
  if (word != nullptr && *word == kFromData) {
    if (!is_period && dimension.name != kPairDimension) {
      reader.ComplainAt(node.place, dimension.name,
                        "cannot be \"from-data\"; only pair and period can, list its labels");
    } else if (!has_load) {
      reader.ComplainAt(node.place, dimension.name,
                        "is \"from-data\", and no load stage has the data; list its labels");
    }
    return;
  }
  if (is_period && node.As<TomlTable>() != nullptr) {
    return ReadPeriods(node, has_load, dimension, problems);
  }
  if (!is_period && node.As<TomlArray>() != nullptr) {
    dimension.labels.emplace();
    reader.ReadTexts(dimension.name, *dimension.labels);
    if (dimension.labels->size() == node.As<TomlArray>()->size()) {
      CheckLabels(reader, dimension, node);
    }
    return;
  }
  std::string_view expected = is_period
                                  ? "\"from-data\" or { every = \"month\", from = \"2024-07\", to "
                                    "= \"2025-06\" }"
                                  : "\"from-data\" or a list of labels";
  if (word != nullptr) {
    return reader.ComplainAt(node.place, dimension.name,
                             fmt::format("expected {}, found \"{}\"", expected, *word));
  }
  reader.ComplainType(node, dimension.name, expected);
}

}  // namespace

std::vector<DimensionSpec> ReadGrid(const TomlNode& root, bool has_load, Problems& problems) {
  std::vector<DimensionSpec> grid;
  const TomlNode* node = root.Find("grid");
  const auto* table = node == nullptr ? nullptr : node->As<TomlTable>();
  if (table == nullptr || table->empty()) {
    Place place = node == nullptr ? Place{1, ""} : node->place;
    problems.Add(place, "the grid is empty; give [grid] a dimension, such as pair = \"from-data\"");
    return grid;
  }
  TableReader reader(*node, "[grid]", problems);
  for (const TomlEntry& entry : *table) {
    DimensionSpec dimension{.name = entry.key};
    if (!IsPlainName(entry.key) || entry.key == kTimeColumn) {
      problems.Add(entry.place, fmt::format("[grid]: \"{}\" cannot name a dimension; use a-z, 0-9, "
                                            "_ (and not \"ts\")",
                                            entry.key));
    }
    ReadDimension(reader, entry.node, has_load, dimension, problems);
    grid.push_back(std::move(dimension));
  }
  return grid;
}

}  // namespace mayfly
