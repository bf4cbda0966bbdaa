#include "adapters/local/local_machines.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "adapters/posix/deadline.h"
#include "adapters/posix/disk.h"
#include "adapters/posix/errno_error.h"
#include "adapters/posix/file_lock.h"
#include "adapters/posix/process_table.h"
#include "adapters/posix/spawn.h"

namespace mayfly::local {
namespace {

namespace fs = std::filesystem;
using posix::ProcessRecord;

constexpr Duration kEndLimit = seconds(10);
constexpr Duration kLockLimit = seconds(10);
constexpr const char* kRecordFile = "launch.json";
constexpr const char* kNoticeFile = "notice.json";
constexpr const char* kLogFile = "worker.log";

std::vector<ProcessRecord> ProcessesOf(const std::string& scratch) {
  return posix::FindByEnvironment(kScratchVariable, scratch);
}

bool IsDetached(const ProcessRecord& process) {
  return posix::ReadEnvironment(process.id.pid, posix::kDetachedMarker).has_value();
}

// The first process of a machine leads its session, and was started to outlive us.
std::optional<posix::ProcessId> FindLeader(const std::string& scratch) {
  for (const ProcessRecord& process : ProcessesOf(scratch)) {
    if (process.session == process.id.pid && IsDetached(process)) return process.id;
  }
  return std::nullopt;
}

// What Launch recorded. A machine of an earlier boot is one that ended.
struct Recorded {
  std::string id;
  bool this_boot = false;
};

std::optional<Recorded> ReadRecord(const std::string& scratch) {
  posix::Disk disk;
  Result<std::string> text = disk.Read(scratch + "/" + kRecordFile);
  if (!text.ok()) return std::nullopt;
  auto json = nlohmann::json::parse(*text, nullptr, /*allow_exceptions=*/false);
  auto word = [&](const char* key) {
    return json.is_object() && json.contains(key) && json[key].is_string()
               ? json[key].get<std::string>()
               : std::string();
  };
  if (word("id").empty()) return std::nullopt;
  return Recorded{word("id"), word("boot") == posix::BootId()};
}

struct Found {
  std::string id;
  bool alive = false;
};

// Recorded, or found by its mark where the launcher died before it could record.
std::optional<Found> FindMachine(const std::string& scratch) {
  if (std::optional<Recorded> recorded = ReadRecord(scratch)) {
    Result<posix::ProcessId> id = posix::ParseProcessId(recorded->id);
    return Found{recorded->id, recorded->this_boot && id.ok() && posix::IsRunning(*id)};
  }
  std::optional<posix::ProcessId> leader = FindLeader(scratch);
  if (!leader) return std::nullopt;
  return Found{posix::FormatProcessId(*leader), true};
}

// What runs below a machine's first process. A database that it started is not below it but beside.
std::vector<ProcessRecord> FindBelow(posix::ProcessId leader) {
  std::vector<ProcessRecord> tree = posix::FindTree(
      leader.pid, [](const ProcessRecord& process) { return !IsDetached(process); });
  std::erase_if(tree, [&](const ProcessRecord& process) { return process.id == leader; });
  return tree;
}

// Stopped, the first process starts nothing new, and as a subreaper it inherits what others leave
// behind: so nothing below it can escape, not even without the mark.
Status EndBelow(const std::string& scratch) {
  std::optional<posix::ProcessId> leader = FindLeader(scratch);
  if (!leader || !posix::Signal(*leader, SIGSTOP).ok()) return {};  // it ended; marks are left
  TRY(posix::KillUntilGone([&] { return FindBelow(*leader); }, kEndLimit));
  return {};
}

std::vector<std::string> Subfolders(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code code;
  for (const auto& entry : fs::directory_iterator(folder, code)) {
    if (entry.is_directory(code)) names.push_back(entry.path().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

MachineId MachineOf(const std::string& scratch) {
  std::string name = fs::path(scratch).filename().string();
  std::size_t dash = name.rfind('-');
  return MachineId{dash == std::string::npos ? 0 : std::atoll(name.c_str() + dash + 1)};
}

Status WriteNotice(const std::string& scratch, const LaunchIntent& intent) {
  if (!intent.interrupt_after) return {};
  nlohmann::json notice{{"given_at_us", (posix::SinceBoot() + *intent.interrupt_after).count()},
                        {"notice_us", intent.notice.count()},
                        {"reason", "rehearsed interruption"}};
  posix::Disk disk;
  return disk.Write(scratch + "/" + kNoticeFile, notice.dump());
}

// What the machine said before or beside the ledger is worth keeping; an empty log is not.
void KeepLog(const std::string& scratch, const std::string& kept) {
  std::error_code code;
  std::uintmax_t bytes = fs::file_size(scratch + "/" + kLogFile, code);
  if (code || bytes == 0) return;
  fs::create_directories(fs::path(kept).parent_path(), code);
  fs::rename(scratch + "/" + kLogFile, kept, code);  // if it cannot be kept, it goes with the rest
}

}  // namespace

LocalMachines::LocalMachines(LocalOptions options) : options_(std::move(options)) {}

std::string LocalMachines::RunFolder(RunId run) const {
  return fmt::format("{}/machines/run-{}", options_.state_dir, run.value);
}

Status LocalMachines::Preflight() {
  TRY(posix::FindProgram(options_.program));
  std::error_code code;
  const std::string folder = options_.state_dir + "/machines";
  fs::create_directories(folder, code);
  if (code) return posix::ErrnoError(code.value(), "make folder " + folder);
  if (access(folder.c_str(), W_OK | X_OK) != 0) {
    return posix::ErrnoError(errno, "write into folder " + folder);
  }
  return {};
}

Result<LaunchAnswer> LocalMachines::Launch(const LaunchIntent& intent) {
  std::string scratch = fmt::format("{}/machine-{}", RunFolder(intent.run), intent.machine.value);
  std::error_code code;
  fs::create_directories(scratch, code);
  if (code) return posix::ErrnoError(code.value(), "make folder " + scratch);
  TRY_ASSIGN(posix::FileLock lock,
             posix::FileLock::Take(scratch + "/launch.lock", posix::FileLock::Mode::kExclusive,
                                   kLockLimit));
  if (std::optional<Found> there = FindMachine(scratch)) {
    return LaunchAnswer{.external_id = there->id};
  }
  TRY(WriteNotice(scratch, intent));
  TRY_ASSIGN(std::string id, Start(intent, scratch));
  nlohmann::json record{{"id", id}, {"boot", posix::BootId()}, {"token", intent.token}};
  posix::Disk disk;
  TRY(disk.Write(scratch + "/" + kRecordFile, record.dump()));
  return LaunchAnswer{.external_id = id};
}

Result<std::string> LocalMachines::Start(const LaunchIntent& intent, const std::string& scratch) {
  std::string log = scratch + "/" + kLogFile;
  posix::UniqueFd output(open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!output.valid()) return posix::ErrnoError(errno, "create " + log);
  posix::SpawnSpec spec;
  spec.argv = {options_.program, "worker",
               "--run",          std::to_string(intent.run.value),
               "--machine",      std::to_string(intent.machine.value)};
  if (options_.embedded) {
    spec.argv.insert(spec.argv.end(), {"--state", options_.state_dir});
  }
  spec.env = {{kScratchVariable, scratch}, {"MAYFLY_DATABASE", intent.database}};
  if (intent.deadline_in > Duration(0)) {
    const Duration ends_at = posix::SinceBoot() + intent.deadline_in;
    spec.env.emplace_back(kEndsAtVariable, std::to_string(ends_at.count()));
  }
  spec.unset_env = options_.unset_env;
  spec.cwd = scratch;
  spec.output = output.get();
  spec.tie = posix::Tie::kDetached;
  TRY_ASSIGN(posix::ProcessId id, posix::Spawn(spec));
  return posix::FormatProcessId(id);
}

Result<std::vector<MachineSighting>> LocalMachines::List(RunId run) {
  std::vector<MachineSighting> seen;
  for (const std::string& scratch : Subfolders(RunFolder(run))) {
    std::optional<Found> found = FindMachine(scratch);
    if (found) seen.push_back({MachineOf(scratch), found->id, found->alive});
  }
  return seen;
}

Result<std::string> LocalMachines::FindScratch(MachineId machine) const {
  for (const std::string& run : Subfolders(options_.state_dir + "/machines")) {
    std::string scratch = fmt::format("{}/machine-{}", run, machine.value);
    std::error_code code;
    if (fs::exists(scratch, code)) return scratch;
  }
  return NotFound(fmt::format("machine {} has no scratch folder", machine.value));
}

Status LocalMachines::Terminate(MachineId machine, const std::string&) {
  Result<std::string> scratch = FindScratch(machine);
  if (!scratch.ok()) return {};  // it is gone already
  TRY(EndBelow(*scratch));
  TRY(posix::KillUntilGone([&] { return ProcessesOf(*scratch); }, kEndLimit));
  std::string run = fs::path(*scratch).parent_path().filename().string();
  KeepLog(*scratch,
          fmt::format("{}/logs/{}-machine-{}.log", options_.state_dir, run, machine.value));
  posix::Disk disk;
  TRY(disk.RemoveTree(*scratch));
  std::error_code not_empty;
  fs::remove(fs::path(*scratch).parent_path(), not_empty);  // only if it was the last one
  return {};
}

// The kernel shows at once what there is: two looks in a row are enough.
Result<ResidueLook> LocalMachines::FindResidue(RunId run) {
  ResidueLook look{.kinds = {"process", "scratch folder"}};
  std::string folder = RunFolder(run) + "/";
  for (const ProcessRecord& process : posix::ListProcesses()) {
    std::optional<std::string> mark = posix::ReadEnvironment(process.id.pid, kScratchVariable);
    if (!mark || !mark->starts_with(folder)) continue;
    look.found.push_back({"process", fmt::format("{} ({})", process.id.pid, process.name)});
  }
  for (const std::string& scratch : Subfolders(RunFolder(run))) {
    look.found.push_back({"scratch folder", scratch});
  }
  return look;
}

FileNotice::FileNotice(std::string scratch)
    : FileNotice(std::move(scratch), [](Duration in) { return posix::ArmTakenTimer(in); }) {}

FileNotice::FileNotice(std::string scratch, Take take)
    : scratch_(std::move(scratch)), take_(std::move(take)) {}

Result<std::optional<Notice>> FileNotice::Poll() {
  posix::Disk disk;
  std::string path = scratch_ + "/" + kNoticeFile;
  if (access(path.c_str(), F_OK) != 0) return std::optional<Notice>{};
  TRY_ASSIGN(std::string text, disk.Read(path));
  auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  auto number = [&](const char* key) {
    return json.contains(key) && json[key].is_number_integer();
  };
  bool usable = json.is_object() && number("given_at_us") && number("notice_us");
  if (!usable) return Corrupt(path + " is not a notice");
  Duration given(json["given_at_us"].get<std::int64_t>());
  Duration now = posix::SinceBoot();
  Duration taken_in = given + Duration(json["notice_us"].get<std::int64_t>()) - now;
  if (!armed_) TRY(take_(taken_in));
  armed_ = true;
  if (now < given) return std::optional<Notice>{};
  return std::optional<Notice>(
      Notice{std::max(taken_in, Duration(0)), json.value("reason", "interrupted")});
}

Status ArmBirthDeadline() {
  const char* text = std::getenv(kEndsAtVariable);
  if (text == nullptr) return {};
  char* end = nullptr;
  const std::int64_t ends_at_us = std::strtoll(text, &end, 10);
  if (end == text || *end != '\0') {
    return Invalid(fmt::format("{} is '{}', not a time since boot", kEndsAtVariable, text));
  }
  return posix::ArmKillTimer(Duration(ends_at_us) - posix::SinceBoot());
}

}  // namespace mayfly::local
