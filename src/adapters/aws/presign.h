#pragma once
// A URL that carries its own AWS Signature Version 4, for what libcurl does not send: the IAM login
// of a database.

#include <string>

#include "adapters/aws/credentials.h"
#include "adapters/aws/text.h"

namespace mayfly::aws {

struct PresignRequest {
  std::string host;  // with its port if it has one
  std::string path = "/";
  Pairs query;
  std::string region, service;
  Instant at;
  seconds good_for = minutes(15);
};

// "HOST/PATH?…&X-Amz-Signature=…", without a scheme. A GET without a body. It is a secret.
std::string Presign(const PresignRequest& request, const Credentials& credentials);

}  // namespace mayfly::aws
