// mayfly: parse the command line, run the one command that was named, turn an error into a sentence
// and an exit code.

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <span>

#include "base/text.h"
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

// The parser would only say that a command is required; a slip of the keys deserves better.
bool RefuseUnknownCommand(const CLI::App& app, std::span<char*> arguments) {
  std::string_view word = arguments.size() > 1 ? arguments[1] : "-";
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(command->get_name());
  }
  bool known = std::find(names.begin(), names.end(), word) != names.end();
  if (known || word.starts_with('-')) return false;
  std::optional<std::string> nearest = mayfly::NearestName(word, names);
  std::string next_step = nearest ? "did you mean " + *nearest + "?" : "mayfly --help names them";
  mayfly::cli::Say("mayfly: there is no command " + std::string(word) + "; " + next_step);
  return true;
}

// A pipe whose reader has had enough, as in `mayfly logs | head`.
bool HasReaderLeft() {
  pollfd out{STDOUT_FILENO, POLLOUT, 0};
  return poll(&out, 1, 0) > 0 && (out.revents & POLLERR) != 0;
}

int RunChosen(const Session& session) {
  mayfly::Result<int> outcome = session.chosen();
  if (outcome.ok() && std::ferror(stdout) != 0 && !HasReaderLeft()) {
    outcome = mayfly::Exhausted("stdout did not take all of the output; is a disk full?");
  }
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
  if (RefuseUnknownCommand(app, std::span(argv, static_cast<std::size_t>(argc)))) {
    return mayfly::ExitCode(mayfly::ErrorKind::kInvalid);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    int shown = app.exit(error);
    return shown == 0 ? 0 : mayfly::ExitCode(mayfly::ErrorKind::kInvalid);
  }
  return RunChosen(session);
}
