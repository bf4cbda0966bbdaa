#pragma once
// Running instances for real: their user data in processes that cannot touch this computer, and
// whose end is the end of all of them. Belongs to one thread, and the processes die with that
// thread, so it has to be the main one.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "adapters/posix/process_table.h"
#include "adapters/posix/unique_fd.h"
#include "base/result.h"
#include "sim/ec2/resources.h"
#include "sim/ec2/wire/shell.h"

namespace mayfly::ec2 {

// What keeps an instance apart, strongest first.
enum class Isolation {
  kRoot,   // private namespaces, an overlay over the host's files, few of root's powers
  kUser,   // the same without root: a user namespace, and the host's files read-only
  kShims,  // neither is to be had: a PATH with shims, and no signal to all
};
std::string_view IsolationName(Isolation isolation);

struct BoxSettings {
  std::string folder;               // absolute; each instance gets a folder in it
  std::string endpoint;             // http://127.0.0.1:PORT
  std::vector<std::string> shared;  // folders of the host that instances see and write
};

// How an instance's processes ended by themselves.
struct BoxEnd {
  std::string instance;
  enum class How { kPowerOff, kReboot, kCrash } how = How::kCrash;
};

class InstanceBoxes {
 public:
  // Tries what this computer allows. To be made before any thread is started.
  static Result<InstanceBoxes> Open(BoxSettings settings);

  Isolation isolation() const { return isolation_; }

  // Starts it; its user data runs on the first boot only.
  Status Boot(const Instance& instance, bool is_first_boot);

  // A command of SSM's begins in it; ReadJob tells how it ended. Nothing for one that does not run.
  Status Run(const std::string& id, const std::string& job, const std::string& script);

  // SIGTERM to everything in it but its process 1.
  Status ShutDown(const std::string& id);

  // Nothing of it runs when this returns. Harmless for one that does not run. With `is_for_good`
  // its disk is gone too; what it printed stays.
  Status Kill(const std::string& id, bool is_for_good);

  // Instances that ended themselves since the last call.
  std::vector<BoxEnd> Reap();

  // All of them, at the end.
  Status KillAll();

 private:
  InstanceBoxes(BoxSettings settings, Isolation isolation)
      : settings_(std::move(settings)), isolation_(isolation) {}

  std::string FolderOf(const std::string& id) const { return settings_.folder + "/" + id; }
  Result<posix::ProcessId> Start(const std::string& id);
  Status KillStrays(const std::string& id) const;
  Status Watch();  // for kShims: a process that ends the others should this one vanish

  BoxSettings settings_;
  Isolation isolation_;
  std::map<std::string, posix::ProcessId> running_;
  posix::UniqueFd alive_;  // its closing tells the watcher that this process is gone
  std::string mark_;       // in the environment of everything that is started here
};

// What an instance printed so far, of the box folder of Open; empty where it printed nothing.
std::string ReadConsole(const std::string& folder, const std::string& id);

// How a job ended, of the same folder; nullopt while it has not.
std::optional<ShellEnd> ReadJob(const std::string& folder, const std::string& id,
                                const std::string& job);

}  // namespace mayfly::ec2
