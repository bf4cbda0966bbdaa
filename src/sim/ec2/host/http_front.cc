#include "sim/ec2/host/http_front.h"

#include <fmt/format.h>
#include <httplib.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "adapters/posix/system_clock.h"
#include "base/text.h"

namespace mayfly::ec2 {
namespace {

constexpr std::size_t kThreads = 48;  // an idle connection holds one for kIdleSeconds
constexpr time_t kIdleSeconds = 1;
constexpr int kMostDescriptors = 4096;

// Ends the connection of a request without a byte: the library has no way to say so, and its socket
// is found by who is at its other end.
void Cut(const httplib::Request& request) {
  for (int fd = 3; fd < kMostDescriptors; ++fd) {
    sockaddr_in peer{};
    socklen_t length = sizeof peer;
    const bool is_connected = getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &length) == 0 &&
                              peer.sin_family == AF_INET;
    if (is_connected && ntohs(peer.sin_port) == request.remote_port) {
      (void)shutdown(fd, SHUT_RDWR);  // the client sees the end, which is all that is wanted
    }
  }
}

class LibraryFront final : public HttpFront {
 public:
  explicit LibraryFront(Answerer answerer) : answerer_(std::move(answerer)) {
    server_.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
    server_.set_keep_alive_timeout(kIdleSeconds);
    server_.set_keep_alive_max_count(1000);
    server_.set_tcp_nodelay(true);
    Route();
  }

  Status Bind(int port) {
    // The library would let a second server have a port that is taken.
    server_.set_socket_options([](socket_t socket) {
      const int yes = 1;
      setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    });
    const bool is_bound = port == 0 ? (port_ = server_.bind_to_any_port("127.0.0.1")) > 0
                                    : server_.bind_to_port("127.0.0.1", port_ = port);
    if (is_bound) return {};
    return Conflict(fmt::format(
        "port {} of 127.0.0.1 is taken; name another with --port, or any with --port 0", port));
  }

  int port() const override { return port_; }

  void Begin() override {
    listener_ = std::thread([this] {
      server_.listen_after_bind();
      has_listened_ = true;
    });
    // Stopping a server that has not begun yet would leave it running for ever.
    while (!server_.is_running() && !has_listened_) std::this_thread::yield();
  }

  void End() override {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      is_ending_ = true;
    }
    ended_.notify_all();
    server_.stop();
    if (listener_.joinable()) listener_.join();
  }

  ~LibraryFront() override { End(); }

 private:
  void Route() {
    const auto without_body = [this](const httplib::Request& request, httplib::Response& response) {
      Answer(request, {}, response);
    };
    // The body is read here and not by the library, which refuses forms over 8 KiB. Without a
    // length there is none, as in `curl -X PUT`; the library would wait for the end of the
    // connection.
    const auto with_body = [this](const httplib::Request& request, httplib::Response& response,
                                  const httplib::ContentReader& read) {
      const bool has_body =
          request.has_header("Content-Length") || request.has_header("Transfer-Encoding");
      if (!has_body) return Answer(request, {}, response);
      std::string body;
      read([&](const char* data, std::size_t size) {
        body.append(data, size);
        return true;
      });
      Answer(request, std::move(body), response);
    };
    constexpr const char* kAll = "[^]*";
    server_.Get(kAll, without_body);
    server_.Post(kAll, with_body);
    server_.Put(kAll, with_body);
    server_.Delete(kAll, with_body);
    server_.Delete(kAll, without_body);
  }

  void Answer(const httplib::Request& from, std::string body, httplib::Response& response) {
    HttpRequest request{.method = from.method,
                        .target = from.target,
                        .body = std::move(body),
                        .wall = clock_.Wall()};
    for (const auto& [name, value] : from.headers) request.headers[Lower(name)] = value;
    const HttpReply reply = answerer_(request);
    if (reply.late > Duration{}) HoldBack(reply.late);
    if (reply.is_lost) return Cut(from);
    // A Range of the body is cut out by the library, if it may choose the status.
    if (reply.status != 200 || from.ranges.empty()) response.status = reply.status;
    for (const auto& [name, value] : reply.headers) response.set_header(name, value);
    response.set_content(reply.body, reply.content_type);
  }

  void HoldBack(Duration late) {
    std::unique_lock<std::mutex> lock(mutex_);
    ended_.wait_for(lock, late, [this] { return is_ending_; });
  }

  Answerer answerer_;
  posix::SystemClock clock_;
  httplib::Server server_;
  int port_ = 0;
  std::thread listener_;
  std::atomic<bool> has_listened_ = false;
  std::mutex mutex_;  // guards is_ending_
  std::condition_variable ended_;
  bool is_ending_ = false;
};

}  // namespace

Result<std::unique_ptr<HttpFront>> HttpFront::Open(int port, Answerer answerer) {
  auto front = std::make_unique<LibraryFront>(std::move(answerer));
  TRY(front->Bind(port));
  return std::unique_ptr<HttpFront>(std::move(front));
}

}  // namespace mayfly::ec2
