#include "adapters/aws/ec2_answer.h"

#include <fmt/format.h>

#include <iterator>

namespace mayfly::aws {
namespace {

Result<XmlAnswer> Read(Caller& caller, const Query& query, Effect effect) {
  TRY_ASSIGN(const HttpResponse response, caller.Send(QueryCall(Service::kEc2, query, effect)));
  Result<XmlAnswer> answer = XmlAnswer::Parse(response.body, query.action() + "Response");
  if (!answer.ok()) return answer.error().Within("ec2 " + query.action());
  return answer;
}

}  // namespace

Query Ec2Query(std::string_view action) { return {action, "2016-11-15"}; }

Result<XmlAnswer> Ec2Read(Caller& caller, const Query& query) {
  return Read(caller, query, Effect::kRead);
}

Result<XmlAnswer> Ec2Change(Caller& caller, const Query& query, Effect effect) {
  Result<XmlAnswer> answer = Read(caller, query, effect);
  if (!answer.ok()) return UnreadChange(answer.error());
  return answer;
}

Error UnreadChange(const Error& error) {
  if (error.kind() != ErrorKind::kCorrupt) return error;
  return Ambiguous(error.message() + "; it was done, look for it by its token or tags");
}

Status Ec2Done(Caller& caller, const Query& query, Effect effect) {
  TRY_ASSIGN(const XmlAnswer answer, Ec2Change(caller, query, effect));
  const bool is_undone = Text(answer.root(), "return") == "false";
  if (is_undone) return Unavailable("ec2 " + query.action() + ": answers that it did nothing");
  return {};
}

Status ForEachItem(Caller& caller, const Query& query, std::string_view list,
                   const std::function<Status(pugi::xml_node)>& take) {
  std::string token;
  for (int page = 0; page < kMostPages; ++page) {
    Query next = query;
    next.SetUnlessEmpty("NextToken", token);
    TRY_ASSIGN(const XmlAnswer answer, Ec2Read(caller, next));
    const pugi::xml_node all = answer.root().child(std::string(list).c_str());
    const std::vector<pugi::xml_node> items = Items(answer.root(), list);
    const auto children = std::distance(all.begin(), all.end());
    if (!all || children != std::ssize(items)) {
      return Corrupt(fmt::format("ec2 {}: the answer has no {} of items", query.action(), list));
    }
    for (pugi::xml_node item : items) {
      Status taken = take(item);
      if (!taken.ok()) return taken.error().Within("ec2 " + query.action());
    }
    const std::string before = std::exchange(token, Text(answer.root(), "nextToken"));
    if (token.empty()) return {};
    if (token == before) return Corrupt("ec2 " + query.action() + ": its pages go in a circle");
  }
  return Exhausted(
      fmt::format("ec2 {}: more than {} pages; ask more narrowly", query.action(), kMostPages));
}

Query Select(std::string_view action, std::string_view id_name, const Selection& selection) {
  Query query = Ec2Query(action);
  query.SetList(id_name, selection.ids).SetFilters(selection.filters);
  return query;
}

}  // namespace mayfly::aws
