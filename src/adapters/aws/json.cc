#include "adapters/aws/json.h"

#include <fmt/format.h>

namespace mayfly::aws {
namespace {

Error MissingField(std::string_view key) {
  return Corrupt(fmt::format("the answer has no {} of the expected form", key));
}

}  // namespace

Result<nlohmann::json> ParseJsonObject(std::string_view text, std::string_view what) {
  nlohmann::json parsed = nlohmann::json::parse(text, nullptr, false);
  if (!parsed.is_object()) return Corrupt(fmt::format("{}: not a JSON object", what));
  return parsed;
}

Result<nlohmann::json> ParseJsonArray(std::string_view text, std::string_view what) {
  nlohmann::json parsed = nlohmann::json::parse(text, nullptr, false);
  if (!parsed.is_array()) return Corrupt(fmt::format("{}: not a JSON array", what));
  return parsed;
}

const nlohmann::json& Field(const nlohmann::json& object, std::string_view key) {
  static const nlohmann::json kNull;
  if (!object.is_object()) return kNull;
  const auto found = object.find(key);
  return found == object.end() ? kNull : *found;
}

std::string TextField(const nlohmann::json& object, std::string_view key) {
  const nlohmann::json& value = Field(object, key);
  return value.is_string() ? value.get<std::string>() : "";
}

Result<std::string> NeedTextField(const nlohmann::json& object, std::string_view key) {
  std::string text = TextField(object, key);
  if (text.empty()) return MissingField(key);
  return text;
}

Result<double> NeedNumberField(const nlohmann::json& object, std::string_view key) {
  const nlohmann::json& value = Field(object, key);
  if (!value.is_number()) return MissingField(key);
  return value.get<double>();
}

Result<Instant> NeedInstantField(const nlohmann::json& object, std::string_view key) {
  Result<Instant> instant = ParseAwsInstant(TextField(object, key));
  if (!instant.ok()) return MissingField(key);
  return instant;
}

Result<Instant> ParseAwsInstant(std::string text) {
  for (std::string_view utc : {"+00:00", "+0000"}) {
    if (text.ends_with(utc)) text.replace(text.size() - utc.size(), utc.size(), "Z");
  }
  Result<Instant> instant = ParseInstant(text);
  if (!instant.ok()) return Corrupt(fmt::format("'{}' is not a time", text.substr(0, 40)));
  return instant;
}

}  // namespace mayfly::aws
