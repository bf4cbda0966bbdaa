// A private server for the benches that need one: prints its conninfo, stays until stdin ends.
//
//   mayfly_postgres_server FOLDER [NAME=VALUE...]     settings beyond mayfly's own

#include <cstdio>
#include <string>

#include "adapters/embedded/embedded_postgres.h"

int main(int count, char** arguments) {
  if (count < 2) {
    std::fputs("usage: mayfly_postgres_server FOLDER [NAME=VALUE...]\n", stderr);
    return 2;
  }
  mayfly::EmbeddedOptions options{arguments[1], {}};
  for (int i = 2; i < count; ++i) {
    std::string setting = arguments[i];
    std::size_t equals = setting.find('=');
    if (equals == std::string::npos) continue;
    options.settings.emplace_back(setting.substr(0, equals), setting.substr(equals + 1));
  }
  auto server = mayfly::EmbeddedPostgres::Acquire(options);
  if (!server.ok()) {
    std::fprintf(stderr, "%s\n", server.error().message().c_str());
    return 5;
  }
  std::printf("%s\n", (*server)->conninfo().c_str());
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
  return (*server)->Release().ok() ? 0 : 1;
}
