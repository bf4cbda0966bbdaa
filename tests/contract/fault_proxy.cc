#include "fault_proxy.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string_view>

#include "base/check.h"

namespace mayfly::contract_test {
namespace {

constexpr std::string_view kCommit(
    "Q\0\0\0\x0b"
    "COMMIT\0",
    12);

sockaddr_un AddressOf(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  CHECK(path.size() < sizeof address.sun_path, "a socket path is too long");
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

void SendAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t sent = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

}  // namespace

struct FaultProxy::Line {
  int client = -1;
  int server = -1;
  bool answer_is_cut = false;

  void Close() {
    for (int* fd : {&client, &server}) {
      if (*fd >= 0) close(*fd);
      *fd = -1;
    }
  }
  ~Line() { Close(); }
};

FaultProxy::FaultProxy(std::string server_socket)
    : server_socket_(std::move(server_socket)), folder_("/tmp/mayfly-proxy-XXXXXX") {
  CHECK(mkdtemp(folder_.data()) != nullptr, "a folder for the proxy's socket could not be made");
  listener_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address = AddressOf(folder_ + "/.s.PGSQL.5432");
  int bound = bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  CHECK(bound == 0 && listen(listener_, 16) == 0, "the proxy could not listen");
  CHECK(pipe(wake_) == 0, "no pipe");
  thread_ = std::thread([this] { Serve(); });
}

FaultProxy::~FaultProxy() {
  stop_ = true;
  CHECK(write(wake_[1], "x", 1) == 1, "the proxy could not be woken");
  thread_.join();
  for (int fd : {listener_, wake_[0], wake_[1]}) close(fd);
  std::filesystem::remove_all(folder_);
}

void FaultProxy::set_mode(Mode mode) {
  mode_ = mode;
  CHECK(write(wake_[1], "x", 1) == 1, "the proxy could not be woken");
}

void FaultProxy::MoveBytes(Line& line, bool from_client) {
  std::array<char, 65536> buffer{};
  int from = from_client ? line.client : line.server;
  int to = from_client ? line.server : line.client;
  ssize_t got = recv(from, buffer.data(), buffer.size(), 0);
  if (got <= 0) return line.Close();
  std::string_view bytes(buffer.data(), static_cast<std::size_t>(got));
  bool commits = from_client && bytes.find(kCommit) != std::string_view::npos;
  Mode mode = mode_;
  if (commits && mode == Mode::kFreezeAtCommit) mode_ = Mode::kFrozen;
  if (commits && mode == Mode::kFreezeAtCommit) return;  // swallowed
  if (commits && mode == Mode::kCutBeforeCommit) {
    mode_ = Mode::kPass;
    return line.Close();
  }
  if (!from_client && line.answer_is_cut) {
    mode_ = Mode::kPass;
    return line.Close();
  }
  if (commits && mode == Mode::kCutAfterCommit) line.answer_is_cut = true;
  SendAll(to, bytes);
}

void FaultProxy::Serve() {
  while (!stop_) {
    std::vector<pollfd> fds{{wake_[0], POLLIN, 0}, {listener_, POLLIN, 0}};
    bool frozen = mode_ == Mode::kFrozen;
    for (auto& line : lines_) {
      if (frozen) continue;
      fds.push_back({line->client, POLLIN, 0});
      fds.push_back({line->server, POLLIN, 0});
    }
    poll(fds.data(), fds.size(), -1);
    if (fds[0].revents != 0) {
      char byte = 0;
      (void)!read(wake_[0], &byte, 1);
    }
    for (std::size_t i = 0; !frozen && 2 + 2 * i + 1 < fds.size(); ++i) {
      if (fds[2 + 2 * i].revents != 0) MoveBytes(*lines_[i], true);
      if (lines_[i]->server >= 0 && fds[3 + 2 * i].revents != 0) MoveBytes(*lines_[i], false);
    }
    std::erase_if(lines_, [](const auto& line) { return line->client < 0; });
    if (fds[1].revents != 0) {
      auto line = std::make_unique<Line>();
      line->client = accept(listener_, nullptr, nullptr);
      line->server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
      sockaddr_un address = AddressOf(server_socket_);
      auto* where = reinterpret_cast<const sockaddr*>(&address);
      if (connect(line->server, where, sizeof address) == 0) lines_.push_back(std::move(line));
    }
  }
}

}  // namespace mayfly::contract_test
