#pragma once
// aws_probe COMMAND ARGUMENTS…: one call of our client for AWS, for tests that look at it from
// outside. The answer is JSON on standard output; an error is {"error": KIND, "message": …}, and
// its exit code that of mayfly.

#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "adapters/aws/caller.h"
#include "adapters/aws/imds.h"
#include "seams/waiter.h"

namespace mayfly::probe {

using Arguments = std::vector<std::string>;

struct Probe {
  aws::Caller& caller;
  aws::Imds& imds;
  Waiter& waiter;
};

using Command = std::function<Result<nlohmann::json>(Probe&, const Arguments&)>;
using Commands = std::map<std::string, Command>;

void AddEc2Commands(Commands& commands);
void AddThingCommands(Commands& commands);
void AddProviderCommands(Commands& commands);
void AddServiceCommands(Commands& commands);

// "key=value,key=value" as tags or filters of one value.
aws::Tags TagsFrom(const std::string& text);
// "i-1,i-2" as ids, "key=value" as a filter, "" as all.
struct SelectionText {
  std::vector<std::string> ids;
  aws::Filters filters;
};
SelectionText SelectionFrom(const Arguments& arguments);

}  // namespace mayfly::probe
