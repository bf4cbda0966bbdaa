#include "cli/command.h"

namespace mayfly::cli {

void AddLedgerFlags(CLI::App& command, LedgerFlags& flags) {
  command.add_option("--database", flags.database,
                     "the ledger's database: a reference such as env:DATABASE_URL (default: "
                     "MAYFLY_DATABASE, else what the state folder remembers)");
  command.add_option("--state", flags.state_dir, "mayfly's own files (default: .mayfly)");
}

void Say(const std::string& line) {
  std::fputs((line + "\n").c_str(), stderr);
  std::fflush(stderr);
}

void Print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

}  // namespace mayfly::cli
