#include "adapters/aws/ec2_things.h"
#include "tests/aws/probe.h"

namespace mayfly::probe {
namespace {

using nlohmann::json;

json Json(const aws::Volume& one) {
  return {{"id", one.id},     {"state", one.state},          {"gib", one.gib},
          {"type", one.type}, {"instance", one.instance_id}, {"encrypted", one.is_encrypted}};
}
json Json(const aws::NetworkInterface& one) { return {{"id", one.id}, {"status", one.status}}; }
json Json(const aws::Address& one) { return {{"ip", one.public_ip}, {"id", one.allocation_id}}; }
json Json(const aws::Snapshot& one) {
  return {{"id", one.id}, {"state", one.state}, {"volume", one.volume_id}};
}
json Json(const aws::Fleet& one) { return {{"id", one.id}, {"state", one.state}}; }
json Json(const aws::LaunchTemplate& one) { return {{"id", one.id}, {"name", one.name}}; }
json Json(const aws::SpotRequest& one) {
  return {{"id", one.id}, {"state", one.state}, {"instance", one.instance_id}};
}

template <typename Item>
Command Described(Result<std::vector<Item>> (*call)(aws::Caller&, const aws::Selection&)) {
  return [=](Probe& probe, const Arguments& arguments) -> Result<json> {
    const SelectionText text = SelectionFrom(arguments);
    TRY_ASSIGN(const std::vector<Item> items, call(probe.caller, {text.ids, text.filters}));
    json list = json::array();
    for (const Item& item : items) list.push_back(Json(item));
    return list;
  };
}

Result<json> MakeSnapshot(Probe& probe, const Arguments& arguments) {
  const aws::SnapshotRequest request{arguments.at(0), "a test", TagsFrom(arguments.at(1))};
  TRY_ASSIGN(const std::string id, aws::CreateSnapshot(probe.caller, request));
  return json{{"id", id}};
}

Result<json> CancelSpot(Probe& probe, const Arguments& arguments) {
  TRY(aws::CancelSpotRequest(probe.caller, arguments.at(0)));
  return json{{"done", true}};
}

}  // namespace

void AddThingCommands(Commands& commands) {
  commands["volumes"] = Described(&aws::DescribeVolumes);
  commands["interfaces"] = Described(&aws::DescribeNetworkInterfaces);
  commands["addresses"] = Described(&aws::DescribeAddresses);
  commands["snapshots"] = Described(&aws::DescribeSnapshots);
  commands["fleets"] = Described(&aws::DescribeFleets);
  commands["templates"] = Described(&aws::DescribeLaunchTemplates);
  commands["spot-requests"] = Described(&aws::DescribeSpotRequests);
  commands["snapshot"] = MakeSnapshot;
  commands["cancel-spot"] = CancelSpot;
}

}  // namespace mayfly::probe
