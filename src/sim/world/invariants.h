#pragma once
// What must hold after every step of a simulated life, one function for each invariant of
// ARCHITECTURE.md that a ledger, a cloud and their clients can break. Each looks at the rows only,
// never at the code that wrote them.

#include <optional>
#include <string>

#include "sim/world/scene.h"

namespace mayfly::sim {

// Bounds of a life that I10 speaks of.
struct LifeBounds {
  std::size_t machines = 10;    // all that may ever be asked for
  std::int64_t attempts = 300;  // of one task
};

class Invariants {
 public:
  // The scene must outlive it.
  Invariants(const Scene& scene, LifeBounds bounds) : scene_(scene), bounds_(bounds) {}

  // The first that is broken.
  std::optional<Violation> Check();

 private:
  // Each answers what is wrong, or nothing.
  std::optional<std::string> OneLiveLease() const;          // I1
  std::optional<std::string> FencesOnlyGrow();              // I2
  std::optional<std::string> OneAcceptedOutput() const;     // I3
  std::optional<std::string> NeedsAreDone() const;          // I4
  std::optional<std::string> BudgetsAreSeparate() const;    // I5
  std::optional<std::string> OneTaskIsToBlame() const;      // I5
  std::optional<std::string> MachinesAreRecorded() const;   // I6
  std::optional<std::string> WhatIsClosedIsProved() const;  // I6
  std::optional<std::string> HoldsEnd() const;              // I6
  std::optional<std::string> OnlyAPassIsVisible() const;    // I7
  std::optional<std::string> SameInputSameBytes() const;    // I8
  std::optional<std::string> OneActingController();         // I9
  std::optional<std::string> EverythingIsBounded() const;   // I10

  const Scene& scene_;
  LifeBounds bounds_;
  std::size_t writes_seen_ = 0, orders_seen_ = 0, attempts_seen_ = 0;
};

}  // namespace mayfly::sim
