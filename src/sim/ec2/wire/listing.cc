#include "sim/ec2/wire/listing.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/ec2/weather.h"
#include "sim/ec2/wire/text.h"

namespace mayfly::ec2 {
namespace {

bool MatchesAny(const std::vector<std::string>& patterns, std::string_view text) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return MatchesGlob(pattern, text); });
}

bool MatchesTags(const std::string& name, const std::vector<std::string>& patterns,
                 const Tags& tags) {
  return std::any_of(tags.begin(), tags.end(), [&](const auto& tag) {
    if (name == "tag-key") return MatchesAny(patterns, tag.first);
    return name == "tag:" + tag.first && MatchesAny(patterns, tag.second);
  });
}

Answer<bool> Matches(const std::string& name, const std::vector<std::string>& patterns,
                     const Row& row) {
  if (name == "tag-key" || name.starts_with("tag:")) return MatchesTags(name, patterns, row.tags);
  const auto [begin, end] = row.attributes.equal_range(name);
  if (begin == end) {
    return Refusal{"InvalidParameterValue", fmt::format("The filter '{}' is invalid", name)};
  }
  return std::any_of(begin, end, [&](const auto& one) { return MatchesAny(patterns, one.second); });
}

Answer<std::vector<const Row*>> ByIds(const std::vector<std::string>& ids, const Listing& listing) {
  std::vector<const Row*> rows;
  if (ids.empty()) {
    for (const Row& row : listing.rows) rows.push_back(&row);
    return rows;
  }
  for (const std::string& id : ids) {
    const auto found = std::find_if(listing.rows.begin(), listing.rows.end(),
                                    [&](const Row& row) { return row.id == id; });
    if (found == listing.rows.end()) {
      return Refusal{listing.not_found, fmt::format("The ID '{}' does not exist", id)};
    }
    rows.push_back(&*found);
  }
  return rows;
}

Answer<std::vector<const Row*>> ByFilters(const Params& params, std::vector<const Row*> rows) {
  for (const std::string& item : params.Items("Filter")) {
    const std::string name = params.Text(item + ".Name");
    const std::vector<std::string> patterns = params.List(item + ".Value");
    std::vector<const Row*> kept;
    for (const Row* row : rows) {
      TRY_ASSIGN(const bool fits, Matches(name, patterns, *row));
      if (fits) kept.push_back(row);
    }
    rows = std::move(kept);
  }
  return rows;
}

Answer<std::size_t> FirstOfPage(const Params& params, std::size_t count) {
  const std::string token = params.Text("NextToken");
  if (token.empty()) return std::size_t{0};
  TRY_ASSIGN(const std::int64_t first, params.Number("NextToken", 0));
  if (first >= 0 && static_cast<std::size_t>(first) <= count) {
    return static_cast<std::size_t>(first);
  }
  return Refusal{"InvalidNextToken", "The token is not one that was given"};
}

}  // namespace

Answer<std::string> Show(const Params& params, const Listing& listing) {
  const std::vector<std::string> ids =
      listing.ids.empty() ? std::vector<std::string>{} : params.List(listing.ids);
  TRY_ASSIGN(const std::int64_t page, params.Number("MaxResults", 1000));
  if (!ids.empty() && params.Has("MaxResults")) {
    return Refusal{
        "InvalidParameterCombination",
        fmt::format("The parameter {} cannot be used with the parameter maxResults", listing.ids)};
  }
  TRY_ASSIGN(std::vector<const Row*> rows, ByIds(ids, listing));
  TRY_ASSIGN(rows, ByFilters(params, std::move(rows)));
  TRY_ASSIGN(const std::size_t first, FirstOfPage(params, rows.size()));
  TRY(params.RefuseUnread());
  const std::size_t last = std::min(rows.size(), first + static_cast<std::size_t>(page));
  Xml xml;
  xml.Open(listing.set);
  for (std::size_t i = first; i < last; ++i) xml.Raw(rows[i]->xml);
  xml.Close(listing.set);
  if (last < rows.size()) xml.Number("nextToken", static_cast<std::int64_t>(last));
  return xml.text();
}

}  // namespace mayfly::ec2
