#include "adapters/embedded/embedded_postgres.h"

#include <optional>

#include "adapters/embedded/places.h"
#include "adapters/embedded/server.h"
#include "adapters/posix/file_lock.h"

namespace mayfly {
namespace {

using posix::FileLock;

// Longer than anything that is done under the lock: a start with recovery, a stop with checkpoint.
constexpr Duration kLockLimit = minutes(15);

}  // namespace

class EmbeddedPostgres::Holding {
 public:
  explicit Holding(embedded::Server server)
      : server_(std::move(server)), conninfo_(server_.places().conninfo()) {}

  // Shared as long as we hold the server; taken and given up under the server lock only.
  Status Hold() {
    TRY_ASSIGN(lock_, FileLock::Take(server_.places().holders_lock(), FileLock::Mode::kShared,
                                     kLockLimit));
    const Status started = server_.Start();
    if (!started.ok()) (void)LetGo();  // the reason for the failure is worth more
    return started;
  }

  Status EnsureRunning() {
    if (server_.IsServing()) return {};
    TRY_ASSIGN(const auto lock, LockServer());
    return server_.Start();
  }

  Status Release() {
    if (!lock_) return {};
    TRY_ASSIGN(const auto lock, LockServer());
    return LetGo();
  }

  const std::string& conninfo() const { return conninfo_; }

 private:
  Status LetGo() {
    TRY_ASSIGN(const bool last, lock_->TryUpgrade());
    const Status stopped = last ? server_.Stop() : Status{};
    lock_.reset();
    return stopped;
  }

  Result<FileLock> LockServer() const {
    return FileLock::Take(server_.places().server_lock(), FileLock::Mode::kExclusive, kLockLimit);
  }

  embedded::Server server_;
  std::string conninfo_;
  std::optional<FileLock> lock_;
};

EmbeddedPostgres::EmbeddedPostgres(std::unique_ptr<Holding> holding)
    : holding_(std::move(holding)) {}

EmbeddedPostgres::~EmbeddedPostgres() {
  (void)Release();  // nobody is left to hear of it; the next holder cleans up
}

Result<std::unique_ptr<EmbeddedPostgres>> EmbeddedPostgres::Acquire(
    const EmbeddedOptions& options) {
  TRY_ASSIGN(const std::string state_dir, embedded::MakeStateDir(options.state_dir));
  const embedded::Places places{.state_dir = state_dir};
  TRY_ASSIGN(const auto lock,
             FileLock::Take(places.server_lock(), FileLock::Mode::kExclusive, kLockLimit));
  TRY_ASSIGN(auto server, embedded::Server::Open(state_dir, options.settings));
  auto holding = std::make_unique<Holding>(std::move(server));
  TRY(holding->Hold());
  return std::unique_ptr<EmbeddedPostgres>(new EmbeddedPostgres(std::move(holding)));
}

Result<std::string> EmbeddedPostgres::ConninfoOf(const std::string& state_dir) {
  TRY_ASSIGN(const auto places, embedded::ReadRecord(state_dir));
  return places.conninfo();
}

const std::string& EmbeddedPostgres::conninfo() const { return holding_->conninfo(); }
Status EmbeddedPostgres::EnsureRunning() { return holding_->EnsureRunning(); }
Status EmbeddedPostgres::Release() { return holding_->Release(); }

}  // namespace mayfly
