#pragma once
// What is read of the ledger for the account of a run's end. A read-only role.

#include "base/ids.h"
#include "base/result.h"
#include "model/closing.h"

namespace mayfly {

class ClosingReads {
 public:
  virtual ~ClosingReads() = default;

  // At any time of a run, so far as it went. kNotFound: no such run.
  virtual Result<ClosingFacts> ReadClosing(RunId run) = 0;
};

}  // namespace mayfly
