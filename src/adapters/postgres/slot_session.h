#pragma once
// One slot's connection: claims, reads, writes and commits. A lease names its backend.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "adapters/postgres/session.h"
#include "seams/run_data.h"
#include "seams/task_queue.h"

namespace mayfly::postgres {

struct SlotSessionOptions {
  // How long Complete asks what became of a commit whose answer was lost before it is ambiguous.
  Duration commit_patience = seconds(30);
  // A backend keeps about 1 kB per column for each leaf it touched; then it is exchanged.
  int leaves_per_backend = 500;
  // Writer tokens of the database: transactions that write leaves at once, over all machines, since
  // the server's side of a COPY keeps one of its cores busy. 0: as many as the server has cores
  // where it is on this machine, else kRemoteWriters.
  int writers = 0;
};

inline constexpr int kRemoteWriters = 8;  // nothing tells how many cores a server elsewhere has

// Three seams over one connection; they share its open transaction. Not thread-safe.
//
// A connection lost outside of COMMIT: the call is kUnavailable, the open transaction is gone, and
// the next call reconnects, ends the old backend, and makes the leases that this slot knows name
// the new one. Lost inside COMMIT: Complete does the same at once and reads in the ledger whether
// the attempt was accepted (its row exists exactly if the transaction committed; unlike
// pg_xact_status this also holds when a crashed server gives the transaction id away again).
// Leases that the same transaction took for the next tasks are kept, under the same fences.
class SlotSession {
 public:
  // Opens the connection. kDenied, kUnavailable; kConflict: the machine is not in the ledger.
  static Result<std::unique_ptr<SlotSession>> Open(std::string access, const SlotIdentity& who,
                                                   const SlotSessionOptions& options = {});
  ~SlotSession();

  TaskQueue& queue();
  RunData& data();
  DataProbe& probe();

 private:
  struct Parts;
  explicit SlotSession(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

namespace internal {

struct KnownLease {
  TaskId task;
  Fence fence;
};

// What the three seams share.
struct SlotState {
  Session session;
  SlotIdentity who;
  SlotSessionOptions options;
  std::string schema;
  std::string reader_schema;
  bool in_transaction = false;
  Backend transaction_backend;
  std::vector<KnownLease> leases;
  struct WrittenLeaf {
    std::string name;
    std::int64_t rows = 0;
  };
  std::vector<WrittenLeaf> written;  // in the open transaction
  bool may_write = false;            // the open transaction holds a writer token
  int leaves_touched = 0;            // by this backend
  struct PendingLog {
    std::int64_t task = 0;
    std::string text;
  };
  std::vector<PendingLog> logs;  // said inside the open transaction, kept after it

  // The connection; inside a transaction only the one that it was begun on.
  Result<Connection*> Db();
  Status Begin();
  Status Rollback();
  void TransactionEnded();
  Status TakeWriterToken();
  void NoteWritten(const std::string& leaf, std::int64_t rows);
  Status Adopt(Connection& db);
  Status AppendLogs(std::vector<PendingLog> lines);
};

std::unique_ptr<TaskQueue> MakeTaskQueue(SlotState& state);
std::unique_ptr<RunData> MakeRunData(SlotState& state);

}  // namespace internal

}  // namespace mayfly::postgres
