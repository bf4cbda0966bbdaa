// mayfly: parse the command line, run the one command that was named, turn an error into a sentence
// and an exit code.

#include <unistd.h>

#include <array>
#include <csignal>

#include "cli/commands.h"

namespace {

using mayfly::cli::Session;

constexpr const char* kDescription =
    "Runs a heavy, many-stage batch phase on a machine that exists only for that phase.\n"
    "Start with: mayfly init, then mayfly run phase.toml";

std::string OwnPath() {
  std::array<char, 4096> buffer{};
  ssize_t length = readlink("/proc/self/exe", buffer.data(), buffer.size() - 1);
  return length > 0 ? std::string(buffer.data(), static_cast<std::size_t>(length)) : "mayfly";
}

int RunChosen(const Session& session) {
  mayfly::Result<int> outcome = session.chosen();
  if (outcome.ok()) return *outcome;
  mayfly::cli::Say("mayfly: " + outcome.error().message());
  return mayfly::ExitCode(outcome.error().kind());
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a reader that left shows as a failed write
  Session session;
  session.terminal = {isatty(STDOUT_FILENO) == 1, isatty(STDERR_FILENO) == 1,
                      isatty(STDIN_FILENO) == 1};
  session.program = OwnPath();
  CLI::App app(kDescription, "mayfly");
  app.require_subcommand(1);
  app.set_version_flag("--version", std::string("mayfly 0.1.0"));
  for (mayfly::cli::AddCommand add : mayfly::cli::Commands()) add(app, session);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    int shown = app.exit(error);
    return shown == 0 ? 0 : mayfly::ExitCode(mayfly::ErrorKind::kInvalid);
  }
  return RunChosen(session);
}
