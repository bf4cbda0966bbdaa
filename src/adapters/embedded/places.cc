#include "adapters/embedded/places.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "adapters/posix/errno_error.h"
#include "base/text.h"

namespace mayfly::embedded {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

std::string QuoteValue(std::string_view value) {
  std::string quoted = "'";
  for (const char c : value) {
    if (c == '\'' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "'";
}

std::string Variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

bool IsOurFolder(const std::string& path) {
  return !path.empty() && fs::path(path).is_absolute() && access(path.c_str(), W_OK | X_OK) == 0;
}

}  // namespace

std::string Places::conninfo() const {
  return fmt::format("host={} port={} user=mayfly dbname=mayfly", QuoteValue(socket_dir), kPort);
}

Result<std::string> MakeStateDir(const std::string& state_dir) {
  std::error_code error;
  const fs::path path = fs::absolute(state_dir, error);
  if (!fs::exists(path, error)) {
    fs::create_directories(path.parent_path(), error);
    if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
      return posix::ErrnoError(errno, "make the state folder " + path.string());
    }
  }
  const fs::path canonical = fs::canonical(path, error);
  if (error) return posix::ErrnoError(error.value(), "find the state folder " + path.string());
  return canonical.string();
}

Result<Places> ReadRecord(const std::string& state_dir) {
  std::error_code ignored;  // the state folder may be absent; then so is the record
  Places places{.state_dir = fs::weakly_canonical(state_dir, ignored).string()};
  std::ifstream file(places.record());
  if (!file) {
    return NotFound(fmt::format(
        "there is no embedded database in {}; `mayfly run` makes one, --state names another folder",
        places.state_dir));
  }
  const Json json = Json::parse(file, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.value("data_dir", Json()).is_string() ||
      !json.value("socket_dir", Json()).is_string()) {
    return Corrupt(
        fmt::format("{} is damaged; remove it, the next start writes it again", places.record()));
  }
  if (json.value("state_dir", Json()) != places.state_dir) {
    // A copied or moved folder must not touch the socket of the one that it came from.
    return NotFound(fmt::format("{} was written for another folder; the next start writes it again",
                                places.record()));
  }
  places.data_dir = json["data_dir"];
  places.socket_dir = json["socket_dir"];
  return places;
}

Status WriteRecord(const Places& places) {
  const std::string beside = places.record() + ".new";
  std::ofstream file(beside, std::ios::trunc);
  file << Json{{"state_dir", places.state_dir},
               {"data_dir", places.data_dir},
               {"socket_dir", places.socket_dir},
               {"port", kPort},
               {"conninfo", places.conninfo()}}
              .dump(2)
       << '\n';
  file.close();
  if (!file) {
    const int why = errno;
    unlink(beside.c_str());
    return posix::ErrnoError(why, "write " + beside);
  }
  if (rename(beside.c_str(), places.record().c_str()) != 0) {
    return posix::ErrnoError(errno, "write " + places.record());
  }
  return {};
}

std::string ShortName(const std::string& state_dir) {
  return fmt::format("{:08x}", static_cast<std::uint32_t>(Fnv1a(state_dir)));
}

Result<std::string> ChooseSocketDir(const std::string& state_dir, bool for_other_user) {
  const std::string runtime = Variable("XDG_RUNTIME_DIR");
  const std::string temporary = Variable("TMPDIR");
  const bool usable = fs::path(temporary).is_absolute();
  std::string path =
      fmt::format("{}/mayfly-{}-{}", usable ? temporary : "/tmp", geteuid(), ShortName(state_dir));
  if (!for_other_user && IsOurFolder(runtime)) {
    path = fmt::format("{}/mayfly-{}", runtime, ShortName(state_dir));
  }
  const Places places{.socket_dir = path};
  constexpr std::size_t kLongest = sizeof(sockaddr_un{}.sun_path) - 1;
  if (places.socket().size() <= kLongest) return path;
  return Invalid(
      fmt::format("socket path too long: {} has {} characters, a socket address holds {}; set "
                  "XDG_RUNTIME_DIR or TMPDIR to a folder with a shorter name",
                  places.socket(), places.socket().size(), kLongest));
}

Status MakePrivateDir(const std::string& path, unsigned owner, unsigned group) {
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return posix::ErrnoError(errno, "make " + path);
  }
  struct stat info{};
  if (lstat(path.c_str(), &info) != 0) return posix::ErrnoError(errno, "look at " + path);
  const bool ours = info.st_uid == geteuid() || info.st_uid == owner;
  if (!S_ISDIR(info.st_mode) || !ours) {
    return Denied(fmt::format(
        "{} is there already and does not belong to us; remove it, or set TMPDIR", path));
  }
  if ((info.st_mode & 0777) != 0700 && chmod(path.c_str(), 0700) != 0) {
    return posix::ErrnoError(errno, "close " + path + " to others");
  }
  if (info.st_uid != owner && lchown(path.c_str(), owner, group) != 0) {
    return posix::ErrnoError(errno, "give " + path + " to the server's user");
  }
  return {};
}

std::string Tail(const std::string& path, std::size_t bytes) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return "";
  const auto size = static_cast<std::size_t>(file.tellg());
  file.seekg(static_cast<std::streamoff>(size > bytes ? size - bytes : 0));
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

}  // namespace mayfly::embedded
