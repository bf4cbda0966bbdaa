#pragma once
// What is read for the account of a run's end, as mayfly_reader in read-only transactions.

#include <string>

#include "adapters/postgres/session.h"
#include "seams/closing_reads.h"

namespace mayfly::postgres {

// One session; not thread-safe. Opens nothing before the first question.
class PgClosingReads final : public ClosingReads {
 public:
  explicit PgClosingReads(std::string conninfo);

  Result<ClosingFacts> ReadClosing(RunId run) override;

 private:
  Session session_;
};

}  // namespace mayfly::postgres
