#pragma once
// The HTTP side: requests of any connection, one after the other into the model.

#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "sim/ec2/wire/message.h"

namespace mayfly::ec2 {

class HttpFront {
 public:
  // Called from several threads at once.
  using Answerer = std::function<HttpReply(const HttpRequest&)>;

  // Listens on 127.0.0.1; kConflict where the port is taken. Answers from Begin on.
  static Result<std::unique_ptr<HttpFront>> Open(int port, Answerer answerer);

  virtual ~HttpFront() = default;
  virtual int port() const = 0;
  virtual void Begin() = 0;

  // No request is being answered when it returns.
  virtual void End() = 0;
};

}  // namespace mayfly::ec2
