#pragma once
// Several regions behind one endpoint: each a cloud of its own with its own services, chosen by the
// scope of a request's signature, as the host name does at AWS. Time is one.

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "sim/ec2/wire/message.h"
#include "sim/ec2/wire/services.h"

namespace mayfly::ec2 {

struct Regions {
  Regions();  // those of the catalogue

  Services& home();                           // kRegion: of a request that names none
  Services& Of(const std::string& instance);  // that has it; home where none does

  std::map<std::string, Services, std::less<>> by_name;
};

// As Handle of one region: the control API takes ?region=NAME, and without it the script and time
// are everybody's, the bill is of all, and resources, calls and state are home's.
HttpReply Handle(Regions& regions, const HttpRequest& request);

// A step goes to the region that its key "region" names, or to home. All or nothing, as in one.
Status AddScript(Regions& regions, const nlohmann::json& steps);

// Everywhere, up to the time that it is there.
void AdvanceAll(Regions& regions, Instant wall);
std::optional<Instant> NextChange(const Regions& regions);

}  // namespace mayfly::ec2
