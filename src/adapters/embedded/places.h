#pragma once
// Where the embedded server keeps what: paths, and the record of them in the state folder.

#include <string>

#include "base/result.h"

namespace mayfly::embedded {

inline constexpr int kPort = 5432;  // only a part of the socket's name

struct Places {
  std::string state_dir;  // canonical
  std::string data_dir;   // state_dir/pg, or below /var/tmp
  std::string socket_dir;

  std::string log() const { return state_dir + "/pg.log"; }
  std::string server_lock() const { return state_dir + "/server.lock"; }
  std::string holders_lock() const { return state_dir + "/holders.lock"; }
  std::string record() const { return state_dir + "/embedded.json"; }
  std::string socket() const { return socket_dir + "/.s.PGSQL." + std::to_string(kPort); }
  std::string conninfo() const;
};

// The state folder, made 0700 if absent, as a canonical path.
Result<std::string> MakeStateDir(const std::string& state_dir);

// What embedded.json says. kNotFound: there is none.
Result<Places> ReadRecord(const std::string& state_dir);
Status WriteRecord(const Places& places);

// Eight hexadecimal digits that stand for a state folder in the names of other folders.
std::string ShortName(const std::string& state_dir);

// Where the socket's folder goes. `for_other_user`: not into our own private runtime folder.
// kInvalid if the path would not fit a socket address.
Result<std::string> ChooseSocketDir(const std::string& state_dir, bool for_other_user);

// Makes a folder 0700 in a place that others may write to; one that is there already must be a real
// folder that belongs to us or `owner`. kDenied if it does not.
Status MakePrivateDir(const std::string& path, unsigned owner, unsigned group);

// The end of a file, for an error message.
std::string Tail(const std::string& path, std::size_t bytes);

}  // namespace mayfly::embedded
