#pragma once
// A host that stays, through the eyes of whoever resizes it: it is looked at, stopped, given
// another type, started. Asking twice for a state is harmless; a snapshot is found by its key
// before it is asked for again. Errors: kUnavailable and kAmbiguous, the same again later;
// kExhausted, no capacity or quota; kInvalid and kDenied, it will not be done. One thread.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/host.h"

namespace mayfly {

struct SnapshotWish {
  std::string volume_id,
      key;  // key: by which it is found again, the same in all tries of one resize
  Instant expires;
  std::string description;
};

class HostCloud {
 public:
  virtual ~HostCloud() = default;

  // What is called so: an id, or a name. Terminated ones among them; kNotFound: none.
  virtual Result<std::vector<Host>> Find(const std::string& name) = 0;
  virtual Result<Host> Look(const std::string& id) = 0;
  virtual Result<HostHealth> CheckHealth(const std::string& id) = 0;

  // What a shell script prints in it, which may run twice. Waits for `patience`. kInvalid: nobody
  // in there can be asked.
  virtual Result<std::string> RunScript(const std::string& id, std::string_view script,
                                        Duration patience) = 0;

  virtual Result<std::vector<HostSnapshot>> ListSnapshots(const std::string& key) = 0;
  virtual Status TakeSnapshot(const SnapshotWish& wish) = 0;

  virtual Status Stop(const std::string& id) = 0;
  virtual Status ChangeType(const std::string& id, const std::string& type) = 0;
  virtual Status Start(const std::string& id) = 0;

  // What another computer finishes it by; empty takes it off.
  virtual Status Mark(const std::string& id, const std::string& mark) = 0;
};

}  // namespace mayfly
