#pragma once
// The real world, wired: the only file that knows adapters (world.cc). Commands see seams.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/plan.h"
#include "model/preflight.h"
#include "seams/clock.h"
#include "seams/closing_reads.h"
#include "seams/file_system.h"
#include "seams/hold_store.h"
#include "seams/http_client.h"
#include "seams/keeper.h"
#include "seams/machine_provider.h"
#include "seams/machine_sensor.h"
#include "seams/marketplace.h"
#include "seams/plan_store.h"
#include "seams/price_source.h"
#include "seams/process_runner.h"
#include "seams/read_store.h"
#include "seams/run_data.h"
#include "seams/run_store.h"
#include "seams/task_queue.h"
#include "seams/waiter.h"

namespace mayfly::cli {

// Clock, waiting, processes, files of this process. Signals are taken over when it is made.
class Host {
 public:
  virtual ~Host() = default;
  virtual Clock& clock() = 0;
  virtual Waiter& waiter() = 0;
  virtual ProcessRunner& processes() = 0;
  virtual FileSystem& files() = 0;
  virtual MachineSensor& sensor() = 0;
  virtual int cores() const = 0;

  // SIGKILL to this process after so long, even while it is stopped or hangs.
  virtual Status ArmEnd(Duration in) = 0;
  // The same by another timer, which each call postpones.
  virtual Status ArmSilence(Duration in) = 0;
};
std::unique_ptr<Host> MakeHost();

// Plain HTTP, for what is on this computer.
std::unique_ptr<HttpClient> MakeHttpClient();

// The clock alone, for commands that a signal may simply end.
std::unique_ptr<Clock> MakeClock();

struct Place {
  std::string database;   // a reference: "embedded", "env:NAME", "file:PATH", or a conninfo without
                          // a password
  std::string state_dir;  // absolute
};

// A database with an up-to-date ledger, and everything that hangs on it.
class Ledger {
 public:
  virtual ~Ledger() = default;
  virtual const std::string& conninfo() const = 0;
  virtual const std::string& whereabouts() const = 0;  // for people; without secrets
  virtual RunStore& runs() = 0;
  virtual ReadStore& reads() = 0;
  virtual PlanStore& plans() = 0;
  virtual ClosingReads& closings() = 0;
  virtual HoldStore& holds() = 0;

  // Reads a run's data as the read-only role.
  virtual Result<std::unique_ptr<DataProbe>> Probe(RunId run) = 0;

  // Reads source tables before there is a run, as the login of the conninfo.
  virtual Result<Series> ReadSource(const SeriesQuery& query) = 0;

  // Pairs of tables whose name matches a pattern with one {pair}.
  virtual Result<std::vector<std::string>> ListPairs(const std::string& pattern) = 0;

  // How many leaves the server takes in the one transaction that makes them.
  virtual Result<std::size_t> CountLeafRoom() = 0;

  // Do the phase's statements hold against its declared tables and the catalog, and could its
  // output be published? kInvalid names the stage and says what PostgreSQL says, kConflict what is
  // in the way.
  virtual Status CheckStatements(const PhasePlan& plan) = 0;

  // Tells this ledger from every other, in the names of what is rented for it.
  virtual Result<std::string> Identity() = 0;

  virtual Result<RunId> RollBack(const std::string& phase) = 0;

  // Starts the embedded server again if it died; nothing for any other.
  virtual Status Revive() = 0;
};

// Starts the embedded server if need be, and migrates. Keeps the server alive while it lives.
Result<std::unique_ptr<Ledger>> OpenLedger(const Place& place);

// Where a database is, and how many connections it has to spare; makes nothing there. An embedded
// one is kUnavailable: it is for this computer.
Result<DatabaseRoom> MeasureRoom(const Place& place);

// What tells the ledger there from every other; makes nothing there. kNotFound: there is none yet.
Result<std::string> FindIdentity(const Place& place);
// The same; of an embedded ledger too, whose server is started if need be.
Result<std::string> AskForIdentity(const Place& place);

// Where the ledger of a command without a phase is. kNotFound says how to name it.
Result<Place> FindLedger(const std::string& database, const std::string& state_dir);

// Writes the reference into the state folder, for commands that name no phase.
Status RememberLedger(Host& host, const Place& place);

// Local machines: supervised process groups started by `program`.
std::unique_ptr<MachineProvider> MakeLocalMachines(const Place& place, const std::string& program);

// Machines, and what is known of where they come from.
struct Provider {
  std::shared_ptr<void> keeps;  // what the others stand on
  std::unique_ptr<MachineProvider> machines;
  std::unique_ptr<Marketplace> market;          // null: there is no choice, and no limit
  std::unique_ptr<PriceSource> prices;          // null: they are what the phase states
  std::vector<MarketPool> pools{MarketPool{}};  // what it offers this phase, in the order of wishes
  std::unique_ptr<DiskKeeper> disks;            // null: the phase keeps no disk
  std::unique_ptr<FloorKeeper> floors;          // null: the phase raises no floor
  std::string bundle;  // what machines are started from; empty: this program
  std::function<Status()> make_ready = [] { return Status(); };  // before the first machine
};

// Is there such a program on this computer, as a command that starts in `folder` finds it?
// kNotFound names it.
Status CheckProgram(const std::string& program, const std::string& folder);

// Of this computer.
Provider MakeLocalProvider(const Place& place, const std::string& program);

// A machine's own side.
struct WorkerEnds {
  std::unique_ptr<WorkerRegistry> registry;
  std::unique_ptr<ExecQueue> execs;
  std::unique_ptr<NoticeSource> notices;
  std::shared_ptr<void> keeps_alive;  // the embedded server, if it is ours to keep
  std::function<Status()> revive;
  std::string scratch;
};
Result<WorkerEnds> OpenWorker(const std::string& conninfo, const std::string& state_dir,
                              MachineId machine);

struct SlotEnds {
  std::shared_ptr<void> session;  // owns the three
  TaskQueue* queue = nullptr;
  RunData* data = nullptr;
  DataProbe* probe = nullptr;
  std::function<Duration()> waited;  // how long this process has waited for the database
};
// `writers` as in database.writers; absent: "auto".
Result<SlotEnds> OpenSlot(const std::string& conninfo, const SlotIdentity& who,
                          std::optional<int> writers);

// What the installation lacks, one line each; empty is well.
struct Diagnosis {
  std::string what;
  bool ok = false;
  std::string found;
  std::string next_step;
};
std::vector<Diagnosis> Diagnose(const Place& place);

}  // namespace mayfly::cli
