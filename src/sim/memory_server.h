#pragma once
// The database server under the ledger in memory: backends, their open transactions and the locks
// these hold. A backend outlives its client until somebody ends it or it notices (a ghost).

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "sim/sim_clock.h"

namespace mayfly::sim {

using BackendId = Id<struct BackendTag>;

inline constexpr int kSupervisorSlot = -1;

struct PendingWrite {
  std::size_t leaf = 0;
  std::int64_t rows = 0;
  std::uint64_t content = 0;
};

struct Backend {
  bool alive = true;
  bool in_transaction = false;
  std::vector<PendingWrite> writes;  // of the open transaction; each holds its leaf's lock
  MachineId machine;                 // whose login it is; 0 for anybody else
  int slot = 0;                      // kSupervisorSlot for the machine's supervisor
};

class MemoryServer {
 public:
  explicit MemoryServer(const VirtualTime& time) : time_(time) {}

  // kUnavailable while the server is down.
  Result<BackendId> Connect(MachineId machine, int slot);

  // The machine's login is no more: kDenied from now on.
  void Revoke(MachineId machine) { revoked_.insert(machine); }

  // pg_terminate_backend, and seen gone: rolls back and lets go of every lock.
  void End(BackendId backend);

  // Every backend of this machine or slot, whether or not a lease names it.
  void EndAllOf(MachineId machine, std::optional<int> slot);

  // Stopping ends every backend; what was not committed is gone.
  void Stop();
  void Start();

  bool is_up() const { return up_; }
  Duration up_for() const { return time_.now - started_; }
  bool IsAlive(BackendId backend) const;
  const std::vector<Backend>& backends() const { return backends_; }  // index is id - 1
  Backend& at(BackendId backend);

  // TRUNCATE and COPY inside the backend's transaction. kUnavailable: somebody else holds the
  // leaf's lock (a real one would wait for lock_timeout first).
  Status Write(BackendId backend, const PendingWrite& write);

  // Ends the transaction either way, lets go of its locks, and answers what it had written.
  std::vector<PendingWrite> FinishTransaction(BackendId backend);

  // The open transaction that holds this leaf, or 0.
  BackendId LockHolder(std::size_t leaf) const;

 private:
  const VirtualTime& time_;
  Duration started_{0};
  bool up_ = true;
  std::vector<Backend> backends_;
  std::vector<BackendId> locks_;  // by leaf
  std::set<MachineId> revoked_;
};

// A client's connection: it connects when it is used, again after its backend was ended, and never
// after its process is gone.
class Connection {
 public:
  // The server must outlive it.
  Connection(MemoryServer& server, MachineId machine, int slot)
      : server_(server), machine_(machine), slot_(slot) {}
  ~Connection() { Close(); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // The living backend of this connection. kUnavailable: the server is down, or we
  // are gone; kDenied: the login is gone.
  Result<BackendId> Use();

  BackendId backend() const { return backend_; }
  bool IsLost() const { return !server_.IsAlive(backend_); }

  // The client's process is gone: it never connects again, and its backend stays as a ghost.
  void Cut() { cut_ = true; }

  // An orderly goodbye; the server sees the end of the stream. Not after Cut.
  void Close();

  MemoryServer& server() { return server_; }

 private:
  MemoryServer& server_;
  MachineId machine_;
  int slot_ = 0;
  BackendId backend_;
  bool cut_ = false;
};

}  // namespace mayfly::sim
