#include "model/plan_json.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace mayfly {
namespace {

using nlohmann::json;

json InstantOrNull(const std::optional<Instant>& instant) {
  return instant ? json(FormatInstant(*instant)) : json(nullptr);
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
  auto rows = object.find("rows");
  if (rows == object.end() || !rows->is_number_integer()) return BadKey("rows", "a whole number");
  findings.rows = rows->get<std::int64_t>();
  return findings;
}

}  // namespace mayfly
