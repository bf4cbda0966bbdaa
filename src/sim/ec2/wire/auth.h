#pragma once
// The signature of a request, looked at for its shape and its date: who says to have signed it, for
// which service. The cryptography is the real cloud's business.

#include <string>

#include "sim/ec2/answer.h"
#include "sim/ec2/wire/message.h"

namespace mayfly::ec2 {

struct Signer {
  std::string access_key;
  std::string region;
  std::string service;  // "ec2", "sts", "s3", …
};

// MissingAuthenticationToken, IncompleteSignature, RequestExpired, or who signed.
Answer<Signer> ReadSignature(const HttpRequest& request);

}  // namespace mayfly::ec2
