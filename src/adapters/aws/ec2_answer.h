#pragma once
// What the calls of EC2 have in common: how they are asked, paged and read.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/aws/caller.h"
#include "adapters/aws/query.h"
#include "adapters/aws/xml.h"

namespace mayfly::aws {

Query Ec2Query(std::string_view action);

// A read; its answer is ACTIONResponse.
Result<XmlAnswer> Ec2Read(Caller& caller, const Query& query);

// A change. An answer that cannot be read is kAmbiguous: the change was made.
Result<XmlAnswer> Ec2Change(Caller& caller, const Query& query, Effect effect);
// kCorrupt as kAmbiguous: for whoever reads the answer of a change.
Error UnreadChange(const Error& error);

// A change that answers nothing, or <return>true</return>.
Status Ec2Done(Caller& caller, const Query& query, Effect effect);

// All pages of a list, each item to `take`; more than kMostPages is kExhausted. A page without the
// list is kCorrupt: it must not look like an empty one.
inline constexpr int kMostPages = 200;
Status ForEachItem(Caller& caller, const Query& query, std::string_view list,
                   const std::function<Status(pugi::xml_node)>& take);

template <typename Item>
Result<std::vector<Item>> Ec2List(Caller& caller, const Query& query, std::string_view list,
                                  Result<Item> (*parse)(pugi::xml_node)) {
  std::vector<Item> items;
  TRY(ForEachItem(caller, query, list, [&](pugi::xml_node node) -> Status {
    TRY_ASSIGN(Item item, parse(node));
    items.push_back(std::move(item));
    return {};
  }));
  return items;
}

// By ids or by filters; both empty is all there is.
struct Selection {
  std::vector<std::string> ids;
  Filters filters;
};
// ID_NAME.N and Filter.N.
Query Select(std::string_view action, std::string_view id_name, const Selection& selection);

}  // namespace mayfly::aws
