#include "adapters/postgres/plan_check.h"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <algorithm>
#include <set>

#include "adapters/postgres/connection.h"
#include "adapters/postgres/ddl.h"
#include "adapters/postgres/queries.gen.h"
#include "adapters/postgres/source_tables.h"
#include "adapters/postgres/sql_text.h"
#include "base/text.h"

namespace mayfly::postgres {
namespace {

constexpr const char* kSchema = "mayfly_plan_check";
constexpr const char* kQueryAsView = "the query itself";  // no output has a space in its name

// The type as pg_type has it: what PQftype answers.
Oid TypeOid(ColumnType type) {
  switch (type) {
    case ColumnType::kText:
      return 25;
    case ColumnType::kInt4:
      return 23;
    case ColumnType::kInt8:
      return 20;
    case ColumnType::kFloat4:
      return 700;
    case ColumnType::kFloat8:
      return 701;
    case ColumnType::kBool:
      return 16;
    case ColumnType::kTimestamptz:
      return 1184;
    case ColumnType::kDate:
      return 1082;
  }
  CheckFailed(__FILE__, __LINE__, "type", "a column type without an oid");
}

constexpr Oid kNumeric = 1700, kInt2 = 21, kVarchar = 1043, kTimestamp = 1114, kUnknown = 705;

// What INSERT converts by itself without losing what was meant.
bool Suits(Oid given, ColumnType wanted) {
  if (given == TypeOid(wanted)) return true;
  switch (wanted) {
    case ColumnType::kText:
      return given == kVarchar || given == kUnknown || given == 19;
    case ColumnType::kFloat8:
      return given == kNumeric || given == 700 || given == 20 || given == 23 || given == kInt2;
    case ColumnType::kFloat4:
      return given == kNumeric || given == 701 || given == 23 || given == kInt2;
    case ColumnType::kInt8:
      return given == 23 || given == kInt2;
    case ColumnType::kInt4:
      return given == kInt2;
    case ColumnType::kTimestamptz:
      return given == kTimestamp || given == 1082;
    case ColumnType::kBool:
    case ColumnType::kDate:
      return false;
  }
  return false;
}

int LineOf(std::string_view text, std::size_t position) {
  std::size_t end = std::min(position, text.size());
  return 1 +
         static_cast<int>(std::count(text.begin(), text.begin() + static_cast<long>(end), '\n'));
}

// All stages that are done at a point before this one's task begins there.
std::set<std::string> StagesBefore(const PhasePlan& plan, const PlannedStage& stage) {
  std::set<std::string> before;
  std::vector<const PlannedStage*> open{&stage};
  while (!open.empty()) {
    const PlannedStage& next = *open.back();
    open.pop_back();
    for (const std::string& name : next.spec.after) {
      const PlannedStage* found = plan.FindStage(name);
      if (before.insert(name).second && found != nullptr) open.push_back(found);
    }
  }
  return before;
}

class Checker {
 public:
  Checker(Connection& db, const PhasePlan& plan) : db_(db), plan_(plan) {}

  Status BuildOutputs() {
    std::string script =
        fmt::format("CREATE SCHEMA {0}; SET LOCAL search_path = {0}, {1}, public, pg_temp;",
                    QuoteName(kSchema), QuoteName(plan_.spec.database.schema));
    for (const PlannedStage& stage : plan_.stages) {
      if (!stage.shape || stage.skipped) continue;
      script += CreateEmptyTableScript(kSchema, *stage.shape);
    }
    TRY(db_.Script(script));
    return {};
  }

  Status CheckStage(const PlannedStage& stage) {
    stage_ = &stage;
    TRY(SetAnyPoint(stage));
    if (const auto* spec = std::get_if<SqlSpec>(&stage.spec.kind)) {
      return CheckQuery(*spec, *stage.shape);
    }
    if (const auto* spec = std::get_if<VerifySpec>(&stage.spec.kind)) {
      for (const AssertionSpec& assertion : spec->assertions) TRY(CheckAssertion(assertion));
    }
    return {};
  }

  std::vector<StatementProblem> TakeProblems() { return std::move(problems_); }
  std::vector<MissingGrant> TakeGrants() { return std::move(grants_); }

 private:
  Status SetAnyPoint(const PlannedStage& stage) {
    for (const PlannedTask& task : plan_.tasks) {
      if (&plan_.stages[task.stage] == &stage) return SetPoint(db_, task.point);
    }
    return {};
  }

  void Complain(const std::string& statement, std::string message, int line, bool unchecked) {
    problems_.push_back({.stage = stage_->spec.name,
                         .statement = statement,
                         .message = std::move(message),
                         .line = line,
                         .unchecked = unchecked});
  }

  // Prepares under a savepoint, so that one bad statement does not hide the next.
  template <typename Judge>
  Status Prepare(const std::string& what, std::string_view text, bool unchecked, Judge judge) {
    TRY(db_.Script("SAVEPOINT statement"));
    std::string bare(Bare(text));
    PGresult* prepared = PQprepare(db_.raw(), "", bare.c_str(), 0, nullptr);
    Rows outcome(prepared);
    if (PQresultStatus(prepared) == PGRES_COMMAND_OK) {
      Rows described(PQdescribePrepared(db_.raw(), ""));
      judge(described.raw());
    } else if (db_.alive()) {
      const char* position = PQresultErrorField(prepared, PG_DIAG_STATEMENT_POSITION);
      const char* primary = PQresultErrorField(prepared, PG_DIAG_MESSAGE_PRIMARY);
      const char* hint = PQresultErrorField(prepared, PG_DIAG_MESSAGE_HINT);
      std::string message = primary == nullptr ? "could not be prepared" : primary;
      if (hint != nullptr) message += fmt::format("; {}", hint);
      int line = position == nullptr ? 0 : LineOf(bare, std::stoul(position));
      Complain(what, std::move(message), line, unchecked);
    }
    TRY(db_.Script("ROLLBACK TO SAVEPOINT statement"));
    return {};
  }

  Status CheckQuery(const SqlSpec& spec, const TableShape& shape) {
    const std::size_t before = problems_.size();
    TRY(CheckColumns(spec, shape));
    if (problems_.size() > before) return {};
    return CheckReads({"query", spec.query, spec.unchecked});
  }

  Status CheckColumns(const SqlSpec& spec, const TableShape& shape) {
    return Prepare("query", spec.query, spec.unchecked, [&](const PGresult* described) {
      for (const Column& column : shape.columns) {
        int at = FindColumn(described, column.name);
        if (at < 0) {
          Complain("query",
                   fmt::format("gives no column {} ({})", column.name, SqlName(column.type)), 0,
                   spec.unchecked);
        } else if (!Suits(PQftype(described, at), column.type)) {
          Complain("query",
                   fmt::format("column {} should be {} and is of another type (oid {}): cast it",
                               column.name, SqlName(column.type), PQftype(described, at)),
                   0, spec.unchecked);
        }
      }
      for (int i = 0; i < PQnfields(described); ++i) {
        if (shape.Find(PQfname(described, i)) != nullptr) continue;
        Complain("query",
                 fmt::format("gives a column {} that the output does not declare",
                             PQfname(described, i)),
                 0, spec.unchecked);
      }
    });
  }

  struct Statement {
    std::string what;
    const std::string& text;
    bool unchecked = false;
  };

  // The catalog knows what a view reads, and a view cannot do what a statement of a phase cannot
  // either: name a column twice, or write.
  Status CheckReads(const Statement& statement) {
    TRY(db_.Script("SAVEPOINT reads"));
    Result<Rows> made = db_.Script(fmt::format(
        "CREATE VIEW {} AS\n{}", Qualified(kSchema, kQueryAsView), Bare(statement.text)));
    if (made) {
      TRY(CheckOwnReads(statement));
      TRY(CheckUserReads(statement));
    } else {
      if (!db_.alive()) return made.error();
      Complain(statement.what, made.error().message(), 0, statement.unchecked);
    }
    TRY(db_.Script("ROLLBACK TO SAVEPOINT reads"));
    return {};
  }

  // What a query reads of the run is complete only where its stage comes after the one that writes
  // it. Verification comes after all of them.
  Status CheckOwnReads(const Statement& statement) {
    if (std::holds_alternative<VerifySpec>(stage_->spec.kind)) return {};
    TRY_ASSIGN(Rows reads, db_.Run(sql::kListReads, Params().Add(kSchema).Add(kQueryAsView)));
    for (int i = 0; i < reads.size(); ++i) CheckRead(std::string(reads.Text(i, 0)), statement);
    return {};
  }

  // A machine reads what is not of the run with a right that the user passes on, or that everybody
  // has; PREPARE asks for none.
  Status CheckUserReads(const Statement& statement) {
    TRY_ASSIGN(Rows reads, db_.Run(sql::kListUserReads, Params().Add(kSchema).Add(kQueryAsView)));
    for (int i = 0; i < reads.size(); ++i) {
      MissingGrant grant{{std::string(reads.Text(i, 0)), std::string(reads.Text(i, 1))},
                         !reads.Bool(i, 2),
                         !reads.Bool(i, 3)};
      const bool may = (!grant.usage || reads.Bool(i, 4)) && (!grant.select || reads.Bool(i, 5));
      if (!may) {
        Complain(statement.what, MayNotPassOn(grant.table, db_).message(), 0, statement.unchecked);
        problems_.back().denied = true;
      } else if (grant.usage || grant.select) {
        grants_.push_back(std::move(grant));
      }
    }
    return {};
  }

  void CheckRead(const std::string& table, const Statement& statement) {
    const std::set<std::string> before = StagesBefore(plan_, *stage_);
    for (const PlannedStage& stage : plan_.stages) {
      if (!stage.shape || stage.skipped) continue;
      const bool is_its = stage.shape->name == table ||
                          (stage.shape->view.has_value() && stage.shape->view->name == table);
      if (!is_its || before.contains(stage.spec.name)) continue;
      const std::string what =
          &stage == stage_
              ? fmt::format("reads {}, which it writes", table)
              : fmt::format("reads {0} of stage {1} and does not come after it: after = [\"{1}\"]",
                            table, stage.spec.name);
      Complain(statement.what, what, 0, statement.unchecked);
    }
  }

  Status CheckAssertion(const AssertionSpec& assertion) {
    const std::size_t before = problems_.size();
    std::string what = "assertion " + assertion.name;
    TRY(Prepare(what, assertion.sql, false, [&](const PGresult* described) {
      bool one = PQnfields(described) == 1 && PQftype(described, 0) == TypeOid(ColumnType::kBool);
      if (!one) Complain(what, "must give one boolean", 0, false);
    }));
    return problems_.size() > before ? Status() : CheckReads({what, assertion.sql});
  }

  // PQfnumber folds case; the declared names are exact.
  static int FindColumn(const PGresult* described, const std::string& name) {
    for (int i = 0; i < PQnfields(described); ++i) {
      if (name == PQfname(described, i)) return i;
    }
    return -1;
  }

  Connection& db_;
  const PhasePlan& plan_;
  const PlannedStage* stage_ = nullptr;
  std::vector<StatementProblem> problems_;
  std::vector<MissingGrant> grants_;
};

bool HasStatements(const PhasePlan& plan) {
  return std::any_of(plan.stages.begin(), plan.stages.end(), [](const PlannedStage& stage) {
    const auto* verify = std::get_if<VerifySpec>(&stage.spec.kind);
    return std::holds_alternative<SqlSpec>(stage.spec.kind) ||
           (verify != nullptr && !verify->assertions.empty());
  });
}

// In the open transaction, whose end takes everything back.
Status CheckAll(Checker& checker, const PhasePlan& plan) {
  Status built = checker.BuildOutputs();
  if (!built) return built.error().Within("building the declared outputs");
  for (const PlannedStage& stage : plan.stages) {
    if (!stage.skipped) TRY(checker.CheckStage(stage));
  }
  return {};
}

}  // namespace

Result<std::vector<StatementProblem>> CheckStatements(const std::string& conninfo,
                                                      const PhasePlan& plan) {
  if (!HasStatements(plan)) return std::vector<StatementProblem>{};
  TRY_ASSIGN(Connection db, Connection::Open(conninfo, {.application_name = "mayfly plan"}));
  TRY_ASSIGN(Transaction transaction, Transaction::Begin(db));
  Checker checker(db, plan);
  TRY(CheckAll(checker, plan));
  return checker.TakeProblems();  // the transaction rolls back
}

Result<std::vector<MissingGrant>> ListMissingGrants(Connection& db, const PhasePlan& plan) {
  if (!HasStatements(plan)) return std::vector<MissingGrant>{};
  TRY(db.Script("SAVEPOINT grants"));
  Checker checker(db, plan);
  TRY(CheckAll(checker, plan));
  TRY(db.Script("ROLLBACK TO SAVEPOINT grants; RELEASE SAVEPOINT grants"));
  return checker.TakeGrants();
}

Result<std::size_t> CountLeafRoom(const std::string& conninfo) {
  TRY_ASSIGN(Connection db, Connection::Open(conninfo, {.application_name = "mayfly plan"}));
  TRY_ASSIGN(Rows rows, db.Run(sql::kCountLeafRoom, Params()));
  return static_cast<std::size_t>(rows.Int(0, 0));
}

Result<std::string> ReadIdentity(const std::string& conninfo) {
  TRY_ASSIGN(Connection db, Connection::Open(conninfo, {.application_name = "mayfly plan"}));
  TRY_ASSIGN(Rows rows, db.Run(sql::kReadIdentity, Params()));
  return std::string(rows.Text(0, 0));
}

Status CheckQueries(const std::string& conninfo, const PhasePlan& plan) {
  TRY_ASSIGN(std::vector<StatementProblem> problems, CheckStatements(conninfo, plan));
  std::vector<std::string> lines;
  bool all_denied = true;
  for (const StatementProblem& problem : problems) {
    if (problem.unchecked) continue;
    all_denied = all_denied && problem.denied;
    std::string place = problem.line > 0 ? fmt::format(" line {}", problem.line) : std::string();
    lines.push_back(fmt::format("stage {}, {}{}: {}", problem.stage, problem.statement, place,
                                problem.message));
  }
  if (lines.empty()) return {};
  return all_denied ? Denied(Join(lines, "\n")) : Invalid(Join(lines, "\n"));
}

}  // namespace mayfly::postgres
