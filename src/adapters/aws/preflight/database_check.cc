// The database, as seen from here: reached, and with connections to spare.

#include <fmt/format.h>

#include <algorithm>

#include "adapters/aws/preflight/survey.h"

namespace mayfly::aws {
namespace {

constexpr const char* kDatabase = "database";
constexpr int kBeside = 5;  // of the controller, and of people who look

int SlotsOf(const Survey& survey) {
  if (survey.request.slots) return *survey.request.slots;
  if (!survey.types.ok() || survey.types->empty()) return 0;
  return static_cast<int>(std::ranges::max(*survey.types, {}, &InstanceType::vcpus).vcpus);
}

}  // namespace

PreflightCheck CheckDatabase(const Survey& survey) {
  const DatabaseFacts& facts = survey.request.database;
  if (facts.is_embedded) {
    return Fail(kDatabase, "machines cannot reach an embedded database",
                "give one by reference: database.url = \"env:DATABASE_URL\"");
  }
  if (!facts.room) {
    return Fail(kDatabase, facts.why_not, "see that it is up, and that its firewall lets us in");
  }
  const DatabaseRoom& room = *facts.room;
  const int slots = SlotsOf(survey);
  if (slots == 0) {
    return CannotTell(kDatabase, "how many slots a machine has is not known",
                      "mend the line of types, or state machines.slots");
  }
  // Each machine has a supervisor beside its slots.
  const int needed = survey.request.machines * (slots + 1) + kBeside;
  const int free = room.most - room.reserved - room.used;
  const std::string found = fmt::format(
      "{}, {} of {} connections free; {} x ({} slots + 1) + {} = {} are needed", room.host,
      std::max(free, 0), room.most, survey.request.machines, slots, kBeside, needed);
  if (free >= needed) return Pass(kDatabase, found);
  return Fail(kDatabase, found, "raise max_connections, or lower machines.slots or machines.count");
}

}  // namespace mayfly::aws
