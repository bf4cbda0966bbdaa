#pragma once
// A unix socket between libpq and the server that can stand still or cut the line at COMMIT.

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace mayfly::contract_test {

class FaultProxy {
 public:
  enum class Mode {
    kPass,
    kFrozen,           // nothing moves, nothing is closed
    kCutBeforeCommit,  // the line is cut when the client says COMMIT; the server never hears it
    kCutAfterCommit,   // the server hears it; the line is cut before its answer
    kFreezeAtCommit,   // stands still when the client says COMMIT
  };

  // Listens in a folder of its own; `server_socket` is the server's socket file.
  explicit FaultProxy(std::string server_socket);
  ~FaultProxy();
  FaultProxy(const FaultProxy&) = delete;
  FaultProxy& operator=(const FaultProxy&) = delete;

  const std::string& folder() const { return folder_; }  // for host=
  void set_mode(Mode mode);
  Mode mode() const { return mode_; }

 private:
  struct Line;
  void Serve();
  void MoveBytes(Line& line, bool from_client);

  std::string server_socket_;
  std::string folder_;
  int listener_ = -1;
  int wake_[2] = {-1, -1};
  std::atomic<Mode> mode_{Mode::kPass};
  std::atomic<bool> stop_{false};
  std::vector<std::unique_ptr<Line>> lines_;  // of the serving thread
  std::thread thread_;
};

}  // namespace mayfly::contract_test
