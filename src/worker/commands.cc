#include "worker/commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace mayfly {
namespace {

constexpr std::size_t kPartBytes = std::size_t{256} << 10;

std::string NameOf(const ExecOrder& order) {
  return fmt::format("command {} of {}", order.id.value, order.who);
}

}  // namespace

Commands::Commands(Terms terms, Clock& clock, ExecQueue& queue, ProcessRunner& processes)
    : terms_(std::move(terms)), clock_(clock), queue_(queue), processes_(processes) {}

Status Commands::Step() {
  TRY(WatchTime());
  TRY(Send());
  if (clock_.Mono() < next_look_) return {};
  next_look_ = clock_.Mono() + kLookEvery;
  return Look();
}

// Orders come in the order of their numbers, and each is new once: whatever is not greater than the
// newest was started here before.
Status Commands::Look() {
  TRY_ASSIGN(std::vector<ExecOrder> orders, queue_.Take(terms_.machine));
  for (const ExecOrder& order : orders) {
    auto known = running_.find(order.id);
    if (known == running_.end() && order.id > newest_) {
      Start(order);
    } else if (known != running_.end() && order.is_cancelled) {
      TRY(End(known->second, {ExecEnd::kCancelled, 0, ""}));
    }
  }
  return {};
}

void Commands::Start(const ExecOrder& order) {
  newest_ = order.id;
  Running& command = running_[order.id];
  command.order = order;
  command.started = clock_.Mono();
  terms_.say(fmt::format("{}: {}", NameOf(order), QuoteArgv(order.argv)));
  auto hear = [this, id = order.id](ProcessHandle, std::string_view bytes) {
    auto found = running_.find(id);
    if (found != running_.end()) Take(found->second, bytes);
  };
  Result<ProcessHandle> started = processes_.Start(terms_.process_of(order), hear);
  if (started.ok()) {
    command.process = *started;
  } else {
    // 127 where a shell would say so, 126 for one that is there and may not be run.
    bool is_missing = started.error().kind() == ErrorKind::kNotFound;
    command.exit =
        ExecExit{ExecEnd::kNotStarted, is_missing ? 127 : 126, started.error().message()};
  }
}

// I10: what is beyond the bound is counted and told.
void Commands::Take(Running& command, std::string_view bytes) {
  std::size_t room = kMostKept - std::min(command.kept, kMostKept);
  std::string_view kept = bytes.substr(0, room);
  command.unsent += kept;
  command.kept += kept.size();
  command.lost += bytes.size() - kept.size();
}

Status Commands::WatchTime() {
  for (auto& [id, command] : running_) {
    bool is_late = clock_.Mono() - command.started >= command.order.timeout;
    if (command.process && is_late) TRY(End(command, {ExecEnd::kTimedOut, 0, ""}));
  }
  return {};
}

// The command and all that it started.
Status Commands::End(Running& command, ExecExit exit) {
  if (!command.process) return {};
  TRY(processes_.Kill(*command.process));
  command.process.reset();
  command.exit = std::move(exit);
  return {};
}

bool Commands::OnChange(const ProcessChange& change) {
  auto found = std::ranges::find_if(
      running_, [&](const auto& entry) { return entry.second.process == change.process; });
  if (found == running_.end()) return false;
  if (change.what == ProcessChange::What::kStopped) return true;  // its time runs on
  Running& command = found->second;
  bool exited = change.what == ProcessChange::What::kExited;
  command.process.reset();
  command.exit =
      ExecExit{exited ? ExecEnd::kExited : ExecEnd::kSignalled, change.value, std::string()};
  return true;
}

// Everything that was printed is there before the end is told.
Status Commands::Send() {
  for (auto entry = running_.begin(); entry != running_.end();) {
    Running& command = entry->second;
    TRY(SendOutput(command));
    if (!command.exit) {
      ++entry;
      continue;
    }
    if (command.lost > 0 && command.exit->note.empty()) {
      command.exit->note = fmt::format("{} of what it printed are not kept",
                                       HumanBytes(static_cast<std::int64_t>(command.lost)));
    }
    TRY(queue_.End(command.order.id, *command.exit));
    terms_.say(fmt::format("{} {} after {}", NameOf(command.order), Describe(*command.exit),
                           HumanDuration(clock_.Mono() - command.started)));
    entry = running_.erase(entry);
  }
  return {};
}

Status Commands::SendOutput(Running& command) {
  while (!command.sending.empty() || !command.unsent.empty()) {
    if (command.sending.empty()) {
      command.sending = command.unsent.substr(0, kPartBytes);
      command.unsent.erase(0, command.sending.size());
    }
    TRY(queue_.AddOutput(command.order.id, command.next_part, command.sending));
    ++command.next_part;
    command.sending.clear();
  }
  return {};
}

Status Commands::Stop() {
  for (auto& [id, command] : running_) TRY(End(command, {ExecEnd::kMachineEnded, 0, ""}));
  return Send();
}

void Commands::Abandon() {
  for (auto& [id, command] : running_) {
    // Nobody is there to be told; what lives dies with this process.
    if (command.process) (void)processes_.Kill(*command.process);
  }
  running_.clear();
}

}  // namespace mayfly
