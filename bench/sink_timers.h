#pragma once
// Seams under timers: what a slot's time goes to, while the slot itself is the product's.

#include <cstdint>
#include <utility>
#include <vector>

#include "adapters/postgres/copy_encoder.h"
#include "bench_run.h"
#include "seams/run_data.h"
#include "seams/task_executor.h"
#include "seams/task_queue.h"

namespace mayfly::bench {

// Seconds by what they were spent on, and what came of them. Lives in shared memory.
struct Costs {
  double read = 0;     // series of bars from the database
  double compute = 0;  // the engine, its figures and the rest of preparing a task
  double write = 0;    // BEGIN, TRUNCATE, encoding and COPY
  double commit = 0;   // the ledger's statements, the next claim, COMMIT
  double client_cpu = 0, server_cpu = 0;
  double ended = 0;  // when
  std::int64_t rows = 0, leaves = 0;
  std::int64_t bytes = 0;  // sent by bare COPY

  double encode = 0;         // encoding alone, into nothing
  std::int64_t encoded = 0;  // bytes of that

  void Add(const Costs& other) {
    read += other.read;
    compute += other.compute;
    write += other.write;
    commit += other.commit;
    client_cpu += other.client_cpu;
    server_cpu += other.server_cpu;
    rows += other.rows;
    leaves += other.leaves;
    bytes += other.bytes;
  }
};

// Adds what a scope takes to a sum.
class Timer {
 public:
  explicit Timer(double& sum) : sum_(sum), begun_(Now()) {}
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  ~Timer() { sum_ += Now() - begun_; }

 private:
  double& sum_;
  double begun_;
};

class TimedData final : public RunData {
 public:
  TimedData(RunData& inner, Costs& costs) : inner_(inner), costs_(costs) {}

  // Leaves are encoded a second time, into nothing: for a turn that is not measured otherwise.
  void set_encodes_too(bool encodes) { encodes_too_ = encodes; }

  Result<Series> ReadSeries(const SeriesQuery& query) override {
    const Timer timer(costs_.read);
    return inner_.ReadSeries(query);
  }
  Status Begin() override {
    const Timer timer(costs_.write);
    return inner_.Begin();
  }
  Status Rollback() override { return inner_.Rollback(); }
  Status TakeStatistics(const StatisticsWish& wish) override { return inner_.TakeStatistics(wish); }
  Status ReplaceLeaf(const TableShape& shape, const Leaf& leaf, std::size_t rows,
                     std::span<const ColumnData> data) override {
    if (encodes_too_) Must(EncodeIntoNothing(shape, rows, data));
    const Timer timer(costs_.write);
    costs_.rows += static_cast<std::int64_t>(rows);
    costs_.leaves += 1;
    return inner_.ReplaceLeaf(shape, leaf, rows, data);
  }
  Result<std::int64_t> ReplaceLeafBySelect(const TableShape& shape, const Leaf& leaf,
                                           const Point& point, std::string_view query) override {
    return inner_.ReplaceLeafBySelect(shape, leaf, point, query);
  }
  Result<Staging> OpenStaging(TaskId task, Fence fence, const TableShape& shape) override {
    return inner_.OpenStaging(task, fence, shape);
  }
  Status SealStaging(const Staging& staging) override { return inner_.SealStaging(staging); }
  Status DropStaging(const Staging& staging) override { return inner_.DropStaging(staging); }
  bool LostConnectionSince(const Staging& staging) override {
    return inner_.LostConnectionSince(staging);
  }

 private:
  Status EncodeIntoNothing(const TableShape& shape, std::size_t rows,
                           std::span<const ColumnData> data) {
    const Timer timer(costs_.encode);
    auto take = [this](std::span<const char> piece) {
      costs_.encoded += static_cast<std::int64_t>(piece.size());
      return Status();
    };
    return postgres::EncodeRows(shape, rows, data, /*piece=*/256 * 1024, take);
  }

  RunData& inner_;
  Costs& costs_;
  bool encodes_too_ = false;
};

class TimedQueue final : public TaskQueue {
 public:
  TimedQueue(TaskQueue& inner, Costs& costs) : inner_(inner), costs_(costs) {}

  // The ledger had nothing more to give but what is verified.
  bool ran_dry() const { return ran_dry_; }

  // Releases the task of the verify stage that was leased, if there is one.
  Status GiveBack() {
    return kept_.empty() ? Status() : inner_.Release(kept_, "verified otherwise");
  }

  Result<std::vector<LeasedTask>> Claim(const ClaimRequest& request) override {
    const Timer timer(costs_.commit);
    return Watched(inner_.Claim(request));
  }
  Result<std::vector<LeasedTask>> Complete(std::span<const Completion> done,
                                           const std::optional<ClaimRequest>& next) override {
    const Timer timer(costs_.commit);
    return Watched(inner_.Complete(done, next));
  }
  Status Fail(TaskId task, Fence fence, const Error& error, std::string_view output) override {
    return inner_.Fail(task, fence, error, output);
  }
  Status Release(std::span<const LeasedTask> tasks, std::string_view reason) override {
    return inner_.Release(tasks, reason);
  }
  Status Log(const SlotIdentity& who, TaskId task, std::string_view text) override {
    return inner_.Log(who, task, text);
  }

 private:
  Result<std::vector<LeasedTask>> Watched(Result<std::vector<LeasedTask>> leased) {
    if (leased.ok() && !leased->empty() && leased->front().stage == "verify") {
      kept_ = std::exchange(*leased, {});
    }
    ran_dry_ = leased.ok() && leased->empty();
    return leased;
  }

  TaskQueue& inner_;
  Costs& costs_;
  std::vector<LeasedTask> kept_;
  bool ran_dry_ = false;
};

// What an execution takes beyond its reads and writes is computing.
class TimedExecutor final : public TaskExecutor {
 public:
  TimedExecutor(TaskExecutor& inner, Costs& costs) : inner_(inner), costs_(costs) {}

  Result<std::vector<Completion>> Execute(std::span<const LeasedTask> tasks,
                                          const std::function<bool()>& cancelled,
                                          ExecutionNotes& notes) override {
    const double elsewhere = costs_.read + costs_.write, begun = Now();
    auto done = inner_.Execute(tasks, cancelled, notes);
    costs_.compute += Now() - begun - (costs_.read + costs_.write - elsewhere);
    return done;
  }

 private:
  TaskExecutor& inner_;
  Costs& costs_;
};

// What verification asks of the data, by question.
struct ProbeCosts {
  double leaves = 0;  // scans of leaves
  double source = 0;  // counting in the bars
  double series = 0;  // bars and sampled rows, to be computed again
  double ended = 0;
};

class TimedProbe final : public DataProbe {
 public:
  TimedProbe(DataProbe& inner, ProbeCosts& costs) : inner_(inner), costs_(costs) {}

  Result<LeafFacts> MeasureLeaf(const TableShape& shape, const Leaf& leaf,
                                const std::string& transaction) override {
    const Timer timer(costs_.leaves);
    return inner_.MeasureLeaf(shape, leaf, transaction);
  }
  Result<std::vector<SourceAnswer>> CountSource(const SourceQuestion& question) override {
    const Timer timer(costs_.source);
    return inner_.CountSource(question);
  }
  Result<Series> ReadSeries(const SeriesQuery& query) override {
    const Timer timer(costs_.series);
    return inner_.ReadSeries(query);
  }
  Result<std::vector<std::string>> ListLeaves(const TableShape& shape) override {
    return inner_.ListLeaves(shape);
  }
  Result<bool> HasKey(const TableShape& shape) override { return inner_.HasKey(shape); }
  Result<std::optional<bool>> Assert(const Point& point, std::string_view sql) override {
    return inner_.Assert(point, sql);
  }
  Result<LeafFacts> MeasureRows(const TableShape& shape, const Leaf& leaf,
                                const std::string& transaction) override {
    const Timer timer(costs_.leaves);
    return inner_.MeasureRows(shape, leaf, transaction);
  }
  Result<std::vector<SpareIndex>> ListSpareIndexes() override { return inner_.ListSpareIndexes(); }
  Result<std::vector<Accepted>> ListAccepted(const std::vector<std::string>& leaves) override {
    return inner_.ListAccepted(leaves);
  }
  Status RecordFindings(TaskId task, std::span<const Finding> findings) override {
    return inner_.RecordFindings(task, findings);
  }

 private:
  DataProbe& inner_;
  ProbeCosts& costs_;
};

}  // namespace mayfly::bench
