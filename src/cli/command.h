#pragma once
// What every command gets and gives. One command, one .cc and one page in docs/cli; commands.cc has
// the table.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace mayfly::cli {

// Data on stdout, talk on stderr. Never a prompt without a terminal.
struct Terminal {
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  bool in_is_terminal = false;
};

// Where the ledger is: --database REF, else MAYFLY_DATABASE, else the reference in --state DIR.
struct LedgerFlags {
  std::string database;
  std::string state_dir;
};

struct Session {
  Terminal terminal;
  std::string program;                  // path of this binary, for the processes it starts
  std::function<Result<int>()> chosen;  // set by the command that was named
};

// Adds a command to the parser; its callback sets session.chosen. `session` outlives the parser.
using AddCommand = void (*)(CLI::App& app, Session& session);

void AddInit(CLI::App& app, Session& session);
void AddPlan(CLI::App& app, Session& session);
void AddRun(CLI::App& app, Session& session);
void AddStatus(CLI::App& app, Session& session);
void AddLogs(CLI::App& app, Session& session);
void AddExplain(CLI::App& app, Session& session);
void AddCost(CLI::App& app, Session& session);
void AddReport(CLI::App& app, Session& session);
void AddVerify(CLI::App& app, Session& session);
void AddRollback(CLI::App& app, Session& session);
void AddStop(CLI::App& app, Session& session);
void AddSweep(CLI::App& app, Session& session);
void AddHold(CLI::App& app, Session& session);
void AddExec(CLI::App& app, Session& session);
void AddDoctor(CLI::App& app, Session& session);
void AddSample(CLI::App& app, Session& session);
void AddFeatures(CLI::App& app, Session& session);
void AddWorker(CLI::App& app, Session& session);
void AddSimulate(CLI::App& app, Session& session);
void AddRehearse(CLI::App& app, Session& session);
void AddBundle(CLI::App& app, Session& session);
void AddIamPolicy(CLI::App& app, Session& session);
void AddEc2sim(CLI::App& app, Session& session);
void AddResize(CLI::App& app, Session& session);

// The flags of commands that name no phase.
void AddLedgerFlags(CLI::App& command, LedgerFlags& flags);

// Talk: a line on stderr.
void Say(const std::string& line);

// Data: on stdout, exactly.
void Print(const std::string& text);

}  // namespace mayfly::cli
