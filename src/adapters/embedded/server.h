#pragma once
// One PostgreSQL server over one data folder: made, started, looked at, stopped. Whoever calls
// anything here but IsServing holds the lock server_lock() exclusively.

#include <string>
#include <utility>
#include <vector>

#include "adapters/embedded/places.h"
#include "adapters/embedded/server_user.h"
#include "adapters/posix/process_table.h"
#include "base/result.h"

namespace mayfly::embedded {

using Settings = std::vector<std::pair<std::string, std::string>>;

class Server {
 public:
  // Finds the data of this state folder, or a place for it, and the programs and user to run it.
  static Result<Server> Open(const std::string& state_dir, Settings overrides);

  const Places& places() const { return places_; }

  // The postmaster is there, says that it is ready, and its socket exists. Takes no lock.
  bool IsServing() const;

  // Ready when it returns: makes the data if there is none, adopts a server that runs, ends what a
  // dead one left behind. Harmless to repeat.
  Status Start();

  // Fast shutdown, seen through to the end: no process and no socket is left. Harmless to repeat.
  Status Stop();

 private:
  Server(Places places, ServerUser user, bool has_data);

  Status MakeData();
  Status RunTool(const std::vector<std::string>& argv, const std::string& marked, int input);
  Result<posix::ProcessId> Launch();
  Status AwaitReady(posix::ProcessId postmaster);
  Status EndLeftovers(const std::string& data_dir);
  Status RemoveSocket();
  std::vector<std::string> CommandLine() const;
  Error Explain(const std::string& what) const;

  Places places_;
  ServerUser user_;
  bool has_data_ = false;
  std::string programs_;
  Settings overrides_;
};

}  // namespace mayfly::embedded
