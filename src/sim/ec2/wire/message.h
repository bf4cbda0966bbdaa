#pragma once
// A request and its answer, free of any HTTP library.

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"

namespace mayfly::ec2 {

struct HttpRequest {
  std::string method;
  std::string target;                          // as on the wire: path and query, encoded
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
  Instant wall;  // real time: the signature's date is held against it
};

struct HttpReply {
  int status = 200;
  std::string content_type = "text/xml;charset=UTF-8";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  bool is_lost = false;  // the connection ends without an answer
  Duration late{};       // the answer is held back so long
};

}  // namespace mayfly::ec2
