#pragma once
// The simulated cloud as a server: HTTP on loopback in front, instances that run behind, and one
// lock around the model between them. The HTTP library's threads only ever turn a request into an
// answer; processes are started and ended by the thread that calls Run, which has to be the main
// one.

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/result.h"

namespace mayfly::ec2 {

struct ServerSettings {
  int port = 0;                     // 0: any that is free
  std::string folder;               // absolute: disks and consoles of the instances
  std::vector<std::string> shared;  // folders that instances see and write
  nlohmann::json script = nlohmann::json::array();
};

class Server {
 public:
  // Takes SIGINT, SIGTERM and SIGCHLD over for the whole process. Errors: kConflict (the port is
  // taken), kInvalid (the script), kDenied (no way to keep instances apart).
  static Result<std::unique_ptr<Server>> Open(const ServerSettings& settings);

  virtual ~Server() = default;

  virtual const std::string& endpoint() const = 0;
  virtual std::string_view isolation() const = 0;  // for people

  // Until SIGINT or SIGTERM. When it returns nothing listens and nothing runs any more.
  virtual Status Run() = 0;
};

}  // namespace mayfly::ec2
