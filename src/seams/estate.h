#pragma once
// A place where things can be left over: a region of a cloud, or this computer. Looking changes
// nothing. What changes anything is asked for one thing at a time, as it was just seen.

#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "model/thing.h"

namespace mayfly {

class Estate {
 public:
  virtual ~Estate() = default;

  virtual const std::string& place() const = 0;

  // Everything of any kind that is there, whoever's it is; what has ended and bills no more is not
  // there. An error: nobody can tell, and nothing may be taken for absent.
  virtual Result<std::vector<Thing>> Look() = 0;

  // kDenied for all of these: it does not carry this ledger's claim. Repeating is harmless; what is
  // gone is ok.
  virtual Status Mark(const Thing& thing, Instant at) = 0;
  virtual Status Unmark(const Thing& thing) = 0;
  // kUnavailable, kConflict: something still holds it; later.
  virtual Status Remove(const Thing& thing) = 0;
  // Of a raised floor: as it was before.
  virtual Status Restore(const Thing& thing) = 0;
};

}  // namespace mayfly
