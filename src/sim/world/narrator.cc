#include "sim/world/narrator.h"

#include <fmt/format.h>

namespace mayfly::sim {

std::string Narrator::TaskName(TaskId id) const {
  const MemoryLedger& ledger = scene_.ledger;
  const TaskRow& task = ledger.tasks[static_cast<std::size_t>(id.value - 1)];
  return fmt::format("task {} ({}@{})", id.value, ledger.stages[task.stage].name, task.point.Key());
}

std::string Narrator::Sentence(const EventRow& e) const {
  auto machine = [&] { return fmt::format("machine {}", e.machine.value); };
  auto because = [&] { return e.detail.empty() ? std::string(".") : ": " + e.detail + "."; };
  if (e.kind == "task.leased") {
    return fmt::format("{} leases {} under fence {}.", machine(), TaskName(e.task), e.fence.value);
  }
  if (e.kind == "task.done") {
    return fmt::format("{} is done, accepted from {} under fence {}.", TaskName(e.task), machine(),
                       e.fence.value);
  }
  if (e.kind == "task.failed") return TaskName(e.task) + " failed" + because();
  if (e.kind == "task.expired") return TaskName(e.task) + " is taken back" + because();
  if (e.kind == "task.released") return TaskName(e.task) + " is given back unharmed" + because();
  if (e.kind == "task.quarantined") return TaskName(e.task) + " failed for good" + because();
  if (e.kind == "task.retried") return TaskName(e.task) + " gets fresh budgets.";
  if (e.kind == "machine.intended") return machine() + " is intended" + because();
  if (e.kind == "machine.launched") return machine() + " was launched and boots.";
  if (e.kind == "machine.born") return machine() + " reports for work.";
  if (e.kind == "machine.noticed")
    return machine() + " says that it will be taken away" + because();
  if (e.kind == "machine.draining") return machine() + " is to drain" + because();
  if (e.kind == "machine.left") return machine() + " leaves in good order" + because();
  if (e.kind == "machine.ending") return machine() + " is to be ended" + because();
  if (e.kind == "machine.held") return machine() + " is held" + because();
  if (e.kind == "machine.exec") return "on " + machine() + " an operator's command" + because();
  if (e.kind == "run.hold") return "an operator's hold" + because();
  if (e.kind == "machine.gone") return machine() + " is gone, says the cloud.";
  if (e.kind == "run.approved") return "the run is approved.";
  if (e.kind == "run.control") return e.detail + " takes control.";
  if (e.kind == "run.state") return "the run becomes " + e.detail + ".";
  if (e.kind == "run.published") return "the run is published: readers see all of it at once.";
  if (e.kind == "stage.state") return "stage " + e.detail + ".";
  if (e.kind == "disk.state") return "the disk that is kept is " + e.detail + ".";
  if (e.kind == "floor.state") return "the database's raised floor is " + e.detail + ".";
  return std::string(e.kind) + because();
}

void Narrator::Hear() {
  const std::vector<EventRow>& events = scene_.ledger.events;
  for (; heard_ < events.size(); ++heard_) {
    scene_.Tell([&] {
      std::string sentence = Sentence(events[heard_]);
      sentence[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(sentence[0])));
      return sentence;
    });
  }
}

void Narrator::Close(const std::optional<Violation>& violation) {
  scene_.Tell([&] {
    if (violation)
      return fmt::format("Invariant I{} is broken: {}.", violation->invariant, violation->what);
    return std::string("Nothing is left: no machine, no volume, no backend, no lease.");
  });
}

}  // namespace mayfly::sim
