#include "adapters/aws/query.h"

#include <fmt/format.h>

namespace mayfly::aws {

Query::Query(std::string_view action, std::string_view version) : action_(action) {
  Set("Action", action);
  Set("Version", version);
}

Query& Query::Set(std::string name, std::string_view value) {
  pairs_.emplace_back(std::move(name), value);
  return *this;
}

Query& Query::SetInt(std::string name, std::int64_t value) {
  return Set(std::move(name), std::to_string(value));
}

Query& Query::SetFlag(std::string name, bool value) {
  return Set(std::move(name), value ? "true" : "false");
}

Query& Query::SetUnlessEmpty(std::string name, std::string_view value) {
  return value.empty() ? *this : Set(std::move(name), value);
}

Query& Query::SetList(std::string_view name, std::span<const std::string> values) {
  for (std::size_t i = 0; i < values.size(); ++i) Set(fmt::format("{}.{}", name, i + 1), values[i]);
  return *this;
}

Query& Query::SetFilters(std::span<const Filter> filters) {
  for (std::size_t i = 0; i < filters.size(); ++i) {
    const std::string prefix = fmt::format("Filter.{}.", i + 1);
    Set(prefix + "Name", filters[i].name);
    SetList(prefix + "Value", filters[i].values);
  }
  return *this;
}

Query& Query::SetTags(std::string_view prefix, const Tags& tags) {
  for (std::size_t i = 0; i < tags.size(); ++i) {
    Set(fmt::format("{}.{}.Key", prefix, i + 1), tags[i].first);
    Set(fmt::format("{}.{}.Value", prefix, i + 1), tags[i].second);
  }
  return *this;
}

Query& Query::SetTagSpecifications(std::string_view prefix, std::span<const std::string> types,
                                   const Tags& tags) {
  if (tags.empty()) return *this;
  for (std::size_t i = 0; i < types.size(); ++i) {
    const std::string one = fmt::format("{}.{}.", prefix, i + 1);
    Set(one + "ResourceType", types[i]);
    SetTags(one + "Tag", tags);
  }
  return *this;
}

}  // namespace mayfly::aws
