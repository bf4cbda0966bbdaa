#pragma once
// What a sweep finds: things in a cloud, or on this computer, that may be left over. Plain values.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/time.h"
#include "model/price.h"

namespace mayfly {

// In the order in which they are taken away: what others hang on comes first.
enum class ThingKind {
  kInstance,
  kFleet,
  kSpotRequest,
  kInterface,
  kAddress,
  kVolume,
  kSnapshot,
  kGroup,
  kTemplate,
  kSchedule,
  kParameter,
  kUpload,
  kDatabaseFloor,  // a database's least capacity that was raised for a run
  kMachineFolder,  // of a machine of this computer: its processes and its scratch folder
};
std::string_view Name(ThingKind kind);  // "instance", "Spot request", …

// A tag can say that it is an orphan. Of the others the ledger says since when.
bool CanBeMarked(ThingKind kind);

// Whose a thing says it is: by its tags, or by a name that has the ledger's identity in it.
struct Claim {
  std::string ledger;  // empty: nobody's
  std::optional<RunId> run;
  std::optional<MachineId> machine;
  friend bool operator==(const Claim&, const Claim&) = default;
};

inline constexpr std::string_view kHere = "here";  // this computer, as a place

struct Thing {
  ThingKind kind = ThingKind::kInstance;
  std::string place;  // a region, or kHere
  std::string id;     // by which it is removed
  std::string about;  // for people: "c7i.large", "100 GB", its name
  std::string state;  // "running", "available"; may be empty
  Claim claim;
  std::string held_by;  // the id of what uses it now; empty: nothing does
  std::optional<Instant> born;
  std::optional<Instant> marked;   // since when it is called an orphan
  std::optional<Instant> expires;  // of a kept snapshot
  // Of a raised floor, in capacity units: now, before, and as it was raised.
  std::optional<double> floor, restore, raised;
  // Why its tags do not say what may be done: one is there and cannot be read. Empty: they do.
  std::string unclear;

  // What it bills by.
  std::string instance_type, zone;
  Market market = Market::kOnDemand;
  std::int64_t gigabytes = 0;
  // Of a volume, or of a stopped instance's disks: "gp3", or "gp2"; "gp3, faster" bills more than
  // by its size, and several are "several".
  std::string disk_type;
  bool is_stopped = false;  // an instance that bills for its disks only
};

}  // namespace mayfly
