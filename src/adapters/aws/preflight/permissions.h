#pragma once
// Every action of AWS that our client asks for, to whom it is granted, and why: the one table that
// policies and documents go by. A test holds the client's sources against it, so that a call
// without a row fails.

#include <span>
#include <string_view>

namespace mayfly::aws {

// To what a grant is narrowed, as far as AWS knows how to.
enum class Scope {
  kLists,         // nothing narrower exists: what is there, and what is for sale
  kBorn,          // machines and what belongs to them, made with our ledger's tag
  kMadeFrom,      // images, subnets, groups, templates that they are made from
  kTagsAtBirth,   // tags that are given while something is made
  kTagged,        // things that carry our ledger's tag
  kWorkerRole,    // the machines' role, handed to EC2 and to nobody else
  kSchedules,     // schedules that are called mayfly-LEDGER-…
  kEndRole,       // the scheduler's role, handed to the scheduler and to nobody else
  kBucket,        // the bucket itself
  kObjects,       // objects below our prefix
  kParameters,    // parameters below /mayfly/LEDGER/
  kPublicImages,  // AWS's public parameters, which name the newest images
  kSecrets,       // secrets that are called mayfly/…
  kCluster,       // the database cluster whose floor is raised, where one is named
  kThroughSsm,    // keys, as far as the parameter store asks in our name
  kHosts,         // the host that is resized
  kHostShell,     // it, and the one document that runs a shell script
  kHostMark,      // the tag mayfly:resize on it, and no other
  kHostDisks,     // disks, and the snapshots that are made of them
  kSnapshotTags,  // tags that are given while a snapshot is made
  kClusters,      // database clusters that carry our ledger's tag
};

// kScheduler: the role that AWS's scheduler ends machines as. kNobody: the client knows the call,
// and no command makes it.
enum class Grantee { kController, kWorker, kBoth, kResizer, kScheduler, kNobody };
std::string_view Name(Grantee grantee);  // "controller", "worker", "both", "resizer", …

struct Permission {
  std::string_view action;  // "ec2:RunInstances"; an action may have several rows
  Grantee who = Grantee::kController;
  Scope scope = Scope::kLists;
  std::string_view why;
};
std::span<const Permission> Permissions();

// Calls whose permission is not called as they are; empty: it needs none.
struct RenamedCall {
  std::string_view call, permission;
};
std::span<const RenamedCall> RenamedCalls();

// Permissions that are no call of ours: AWS looks for them while it carries one out.
std::span<const std::string_view> ImpliedPermissions();

}  // namespace mayfly::aws
