#pragma once
// EC2's Query protocol: one form, in which lists are flat and counted from 1, under the singular
// name of their member (Filter.1.Value.2).

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/aws/text.h"

namespace mayfly::aws {

using Tags = Pairs;

// "tag:run is one of 7, 8".
struct Filter {
  std::string name;
  std::vector<std::string> values;
};
using Filters = std::vector<Filter>;

class Query {
 public:
  Query(std::string_view action, std::string_view version);

  const std::string& action() const { return action_; }

  // Sets return the query, so that a request reads as a list.
  Query& Set(std::string name, std::string_view value);
  Query& SetInt(std::string name, std::int64_t value);
  Query& SetFlag(std::string name, bool value);
  // Left out where empty.
  Query& SetUnlessEmpty(std::string name, std::string_view value);
  // NAME.1, NAME.2, …
  Query& SetList(std::string_view name, std::span<const std::string> values);
  // Filter.N.Name, Filter.N.Value.M
  Query& SetFilters(std::span<const Filter> filters);
  // PREFIX.M.Key, PREFIX.M.Value
  Query& SetTags(std::string_view prefix, const Tags& tags);
  // PREFIX.N.ResourceType, PREFIX.N.Tag.M…; nothing where there are no tags.
  Query& SetTagSpecifications(std::string_view prefix, std::span<const std::string> types,
                              const Tags& tags);

  // The body of the POST.
  std::string Body() const { return EncodePairs(pairs_); }

 private:
  std::string action_;
  Pairs pairs_;
};

}  // namespace mayfly::aws
