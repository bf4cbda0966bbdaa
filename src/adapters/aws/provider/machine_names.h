#pragma once
// What a run's machines are called in the cloud: tags and names by which they are found whoever
// forgot them, and tokens that make asking twice harmless. Pure.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/aws/query.h"
#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"
#include "model/price.h"

namespace mayfly::aws {

inline constexpr std::string_view kLedgerTag = "mayfly:ledger";
inline constexpr std::string_view kRunTag = "mayfly:run";
inline constexpr std::string_view kMachineTag = "mayfly:machine";
// On what a sweep found and nobody needs: since when, "2026-11-28T04:00:00Z".
inline constexpr std::string_view kOrphanTag = "mayfly:orphan";
// On a snapshot: an instant from which it is not to be there any more.
inline constexpr std::string_view kExpiresTag = "mayfly:expires";
// On a database cluster whose floor a run raised: what it was, in capacity units.
inline constexpr std::string_view kFloorBeforeTag = "mayfly:floor-before";
// And to what: one that is another by now was set by somebody else, and stays.
inline constexpr std::string_view kFloorRaisedTag = "mayfly:floor-raised";
inline constexpr std::string_view kDeadlineTag = "mayfly:deadline";
// EC2's own, on what a fleet started.
inline constexpr std::string_view kFleetTag = "aws:ec2:fleet-id";

// The same in every run of a phase.
struct PhaseNames {
  std::string ledger;  // tells our runs from those of another ledger in the same account
  std::string phase, owner;
  Tags own;  // the user's
};

// Letters, digits, '-', '_' and '.', at most 64: it becomes part of names. kInvalid otherwise.
Status CheckLedgerName(std::string_view ledger);

struct MachineName {
  RunId run;
  MachineId machine;
};

// Ours behind the user's, which cannot take their place.
Tags MachineTags(const PhaseNames& names, const MachineName& machine, Instant ends_at,
                 std::string_view purpose);

Tags SnapshotTags(const PhaseNames& names, const MachineName& machine, Instant expires);

// Whether a snapshot with these tags is not to be there any more; one that does not say until when
// was never to be kept. Of one that says what nobody can read nobody knows: it has not.
bool HasExpired(const Tags& tags, Instant now);

// What was tagged for a run, or for a machine.
Filters OfRun(const std::string& ledger, RunId run);
Filters OfMachine(const std::string& ledger, MachineId machine);
std::optional<MachineId> MachineOf(const Tags& tags);
std::optional<RunId> RunOf(const Tags& tags);
// Of a schedule, a template, a parameter's last parts: "mayfly-LEDGER-run-R-machine-M". Absent: the
// name is another ledger's, or of another form.
std::optional<MachineName> ParseMachineName(std::string_view name, const std::string& ledger);
std::string_view TagValue(const Tags& tags, std::string_view key);  // empty: absent

// SSM's parameters: "/mayfly/LEDGER/run-R/machine-M", and the folders above it.
std::string ParameterName(const std::string& ledger, const MachineName& machine);
std::string ParameterFolder(const std::string& ledger);
std::string ParameterFolder(const std::string& ledger, RunId run);

std::string TemplateName(const std::string& ledger, const MachineName& machine);

// EventBridge's schedules have no tags: "mayfly-LEDGER-run-R-machine-M" is whose they are.
// kInvalid: a ledger with whose name that is longer than such a name may be.
Result<std::string> ScheduleName(const std::string& ledger, const MachineName& machine);
// How the names of a ledger's begin, or of a run's.
std::string SchedulePrefix(const std::string& ledger);
std::string SchedulePrefix(const std::string& ledger, RunId run);

// 64 hexadecimal digits. One for each pool, since EC2 keeps tokens by zone: the same token in
// another zone would be another machine.
struct TokenParts {
  std::string_view ledger;
  RunId run;
  std::string_view intent;
  std::vector<Pool> pools;  // in any order
  std::string_view what;    // "machine", "fleet", "template"
  int round = 0;            // of a fleet: how many of these pools' are known to have stayed empty
};
std::string ClientToken(const TokenParts& parts);

}  // namespace mayfly::aws
