#pragma once
// Answers in JSON, read defensively: what is missing or of another form is an error, never a zero.

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace mayfly::aws {

// kCorrupt: not JSON, or no object at the top. No message quotes the text: it may hold secrets.
Result<nlohmann::json> ParseJsonObject(std::string_view text, std::string_view what);
Result<nlohmann::json> ParseJsonArray(std::string_view text, std::string_view what);

// The value of a key; null where it is absent or the value is no object.
const nlohmann::json& Field(const nlohmann::json& object, std::string_view key);
// A string; empty where absent or of another type.
std::string TextField(const nlohmann::json& object, std::string_view key);
// kCorrupt where absent, empty or of another type.
Result<std::string> NeedTextField(const nlohmann::json& object, std::string_view key);
Result<double> NeedNumberField(const nlohmann::json& object, std::string_view key);
Result<Instant> NeedInstantField(const nlohmann::json& object, std::string_view key);

// As ParseInstant, "+00:00" for "Z" too.
Result<Instant> ParseAwsInstant(std::string text);

}  // namespace mayfly::aws
