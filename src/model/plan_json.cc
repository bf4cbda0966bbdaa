#include "model/plan_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace mayfly {
namespace {

using nlohmann::json;

json InstantOrNull(const std::optional<Instant>& instant) {
  return instant ? json(FormatInstant(*instant)) : json(nullptr);
}

json JsonOf(const LoadFindings& load) {
  json pairs = json::array();
  for (const PairBars& bars : load.pairs) {
    pairs.push_back({{"pair", bars.pair},
                     {"first", InstantOrNull(bars.first)},
                     {"last", InstantOrNull(bars.last)},
                     {"last_close", InstantOrNull(bars.last_close)},
                     {"by_month", bars.by_month}});
  }
  return {
      {"stage", load.stage}, {"pairs", std::move(pairs)}, {"absent_inputs", load.absent_inputs}};
}

Error BadKey(std::string_view key, std::string_view expected) {
  return Corrupt(fmt::format("findings: \"{}\" is missing or is not {}", key, expected));
}

Result<std::vector<std::string>> Texts(const json& object, const char* key) {
  std::vector<std::string> texts;
  auto found = object.find(key);
  if (found == object.end() || !found->is_array()) return BadKey(key, "a list of strings");
  for (const json& item : *found) {
    if (!item.is_string()) return BadKey(key, "a list of strings");
    texts.push_back(item.get_ref<const std::string&>());
  }
  return texts;
}

Result<std::optional<Instant>> InstantIn(const json& object, const char* key) {
  auto found = object.find(key);
  if (found == object.end()) return BadKey(key, "a date-time or null");
  if (found->is_null()) return std::optional<Instant>();
  if (!found->is_string()) return BadKey(key, "a date-time or null");
  Result<Instant> instant = ParseInstant(found->get_ref<const std::string&>());
  if (!instant.ok()) return BadKey(key, "a date-time or null");
  return std::optional<Instant>(*instant);
}

Result<std::string> TextIn(const json& object, const char* key) {
  auto found = object.find(key);
  if (found == object.end() || !found->is_string()) return BadKey(key, "a string");
  return found->get<std::string>();
}

// The list under a key, which plans of earlier versions lack.
Result<std::vector<json>> ObjectsIn(const json& object, const char* key) {
  auto found = object.find(key);
  if (found == object.end()) return std::vector<json>();
  bool fits = found->is_array() && std::all_of(found->begin(), found->end(),
                                               [](const json& item) { return item.is_object(); });
  if (!fits) return BadKey(key, "a list of objects");
  return found->get<std::vector<json>>();
}

Result<PairBars> PairBarsIn(const json& object) {
  PairBars bars;
  TRY_ASSIGN(bars.pair, TextIn(object, "pair"));
  TRY_ASSIGN(bars.first, InstantIn(object, "first"));
  TRY_ASSIGN(bars.last, InstantIn(object, "last"));
  TRY_ASSIGN(bars.last_close, InstantIn(object, "last_close"));
  auto months = object.find("by_month");
  bool fits = months != object.end() && months->is_array() &&
              std::all_of(months->begin(), months->end(),
                          [](const json& item) { return item.is_number_integer(); });
  if (!fits) return BadKey("by_month", "a list of whole numbers");
  bars.by_month = months->get<std::vector<std::int64_t>>();
  return bars;
}

Result<LoadFindings> LoadFindingsIn(const json& object) {
  LoadFindings load;
  TRY_ASSIGN(load.stage, TextIn(object, "stage"));
  TRY_ASSIGN(load.absent_inputs, Texts(object, "absent_inputs"));
  TRY_ASSIGN(std::vector<json> pairs, ObjectsIn(object, "pairs"));
  for (const json& pair : pairs) {
    TRY_ASSIGN(PairBars bars, PairBarsIn(pair));
    load.pairs.push_back(std::move(bars));
  }
  return load;
}

Result<std::optional<PeriodUnit>> UnitIn(const json& object) {
  auto found = object.find("unit");
  if (found == object.end()) return BadKey("unit", "month, quarter, year or null");
  if (found->is_null()) return std::optional<PeriodUnit>();
  for (PeriodUnit unit : {PeriodUnit::kMonth, PeriodUnit::kQuarter, PeriodUnit::kYear}) {
    if (found->is_string() && found->get_ref<const std::string&>() == Name(unit)) {
      return std::optional<PeriodUnit>(unit);
    }
  }
  return BadKey("unit", "month, quarter, year or null");
}

}  // namespace

std::string FindingsToJson(const Findings& findings) {
  json object{{"pairs", findings.pairs},
              {"missing_pairs", findings.missing_pairs},
              {"unit", findings.unit ? json(std::string(Name(*findings.unit))) : json(nullptr)},
              {"first", InstantOrNull(findings.first)},
              {"last", InstantOrNull(findings.last)},
              {"rows", findings.rows},
              {"absent_inputs", findings.absent_inputs}};
  // Left out where there are none: the hash of an earlier version's plan stays what it was.
  for (const LoadFindings& load : findings.loads) object["loads"].push_back(JsonOf(load));
  // Names of files are bytes; those that are not UTF-8 are kept readable rather than thrown at.
  return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<Findings> FindingsFromJson(std::string_view text) {
  json object = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) return Corrupt("findings: not a JSON object");
  Findings findings;
  TRY_ASSIGN(findings.pairs, Texts(object, "pairs"));
  TRY_ASSIGN(findings.missing_pairs, Texts(object, "missing_pairs"));
  TRY_ASSIGN(findings.unit, UnitIn(object));
  TRY_ASSIGN(findings.first, InstantIn(object, "first"));
  TRY_ASSIGN(findings.last, InstantIn(object, "last"));
  TRY_ASSIGN(findings.absent_inputs, Texts(object, "absent_inputs"));
  TRY_ASSIGN(std::vector<json> loads, ObjectsIn(object, "loads"));
  for (const json& entry : loads) {
    TRY_ASSIGN(LoadFindings load, LoadFindingsIn(entry));
    findings.loads.push_back(std::move(load));
  }
  auto rows = object.find("rows");
  if (rows == object.end() || !rows->is_number_integer()) return BadKey("rows", "a whole number");
  findings.rows = rows->get<std::int64_t>();
  return findings;
}

}  // namespace mayfly
