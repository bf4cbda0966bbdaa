#pragma once
// The ledger as a sweep reads it.

#include "base/result.h"
#include "model/register.h"

namespace mayfly {

class RegisterStore {
 public:
  virtual ~RegisterStore() = default;
  virtual Result<LedgerRegister> LoadRegister() = 0;
};

}  // namespace mayfly
