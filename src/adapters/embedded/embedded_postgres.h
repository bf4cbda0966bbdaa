#pragma once
// The private PostgreSQL of a project that names no database: the distribution's own server,
// reached over a unix socket only, its data under the project's state folder.
//
// Any number of processes may hold it at once. The first starts it, the last one out stops it, and
// a holder that is killed lets go by dying. Nothing is left half-made or locked after a kill -9 of
// any of them, or of the server: the next Acquire or EnsureRunning ends what is left of the dead
// server and starts it again.
//
// The state folder gets: pg/ (data), pg.log, embedded.json (where socket and data are), two lock
// files. The socket is in $XDG_RUNTIME_DIR/mayfly-HASH or $TMPDIR/mayfly-UID-HASH, mode 0700.
// As root the server runs in a user namespace of one user, so that it works under 0700 folders and
// its files belong to root; where namespaces are denied, as the user postgres or nobody, with the
// data in /var/tmp/mayfly-HASH unless that user can reach the state folder.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace mayfly {

struct EmbeddedOptions {
  std::string state_dir;  // made (0700) if absent
  // Server settings beyond or instead of ours, as in postgresql.conf. They hold from the server's
  // start: a holder that finds it running does not change them.
  std::vector<std::pair<std::string, std::string>> settings;
};

class EmbeddedPostgres {
 public:
  // Becomes a holder, and returns when the server takes connections. Blocks for a second or two at
  // the first start. kNotFound: the server's programs are not installed (says which package);
  // kInvalid: the socket path is too long; kDenied: a folder belongs to somebody else; kExhausted:
  // disk full; kUnavailable: the server does not start (with the end of its log).
  static Result<std::unique_ptr<EmbeddedPostgres>> Acquire(const EmbeddedOptions& options);

  // For those who only read and must not start anything. kNotFound: there never was a server here.
  // The server may be down.
  static Result<std::string> ConninfoOf(const std::string& state_dir);

  EmbeddedPostgres(const EmbeddedPostgres&) = delete;
  EmbeddedPostgres& operator=(const EmbeddedPostgres&) = delete;
  ~EmbeddedPostgres();  // Release

  // libpq keywords of the superuser: host, port, user, dbname. Stays the same over restarts.
  const std::string& conninfo() const;

  // Starts the server again if it is not there; costs a few microseconds if it is. May be called
  // by several holders at once. Errors as for Acquire.
  Status EnsureRunning();

  // Stops holding; the last holder stops the server and sees it gone. Harmless to repeat.
  Status Release();

 private:
  class Holding;
  explicit EmbeddedPostgres(std::unique_ptr<Holding> holding);

  std::unique_ptr<Holding> holding_;
};

// Folder of the server's programs (initdb, postgres): $MAYFLY_PG_BIN, the distribution's folders,
// PATH. `version` (major, as in PG_VERSION) is that of existing data, or empty. For `doctor` too.
Result<std::string> FindServerPrograms(const std::string& version = {});

}  // namespace mayfly
