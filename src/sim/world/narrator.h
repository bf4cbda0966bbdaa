#pragma once
// Tells a simulated life as a story: what the ledger wrote down becomes plain sentences.

#include <optional>

#include "sim/world/scene.h"

namespace mayfly::sim {

class Narrator {
 public:
  // The scene must outlive it, and have somebody who listens.
  explicit Narrator(const Scene& scene) : scene_(scene) {}

  // Tells what is new in the ledger since the last call.
  void Hear();

  // The last sentences.
  void Close(const std::optional<Violation>& violation);

 private:
  std::string Sentence(const EventRow& event) const;
  std::string TaskName(TaskId id) const;

  const Scene& scene_;
  std::size_t heard_ = 0;
};

}  // namespace mayfly::sim
