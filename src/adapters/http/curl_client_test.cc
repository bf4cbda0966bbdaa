// CurlClient against a server of a few lines in this process, on the loopback address.

#include "adapters/http/curl_client.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <utility>

namespace mayfly::http {
namespace {

std::string LoopbackUrl(int port) { return "http://127.0.0.1:" + std::to_string(port); }

// Answers request after request with one text each, and keeps what it was sent. An empty text
// closes the connection without an answer; "(silence)" keeps it open until the client leaves. After
// an answer that says "Connection: close" the server does so; else the client may use it again.
class CannedServer {
 public:
  explicit CannedServer(std::vector<std::string> answers)
      : answers_(std::move(answers)), listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* plain = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(bind(listener_, plain, size), 0);
    EXPECT_EQ(listen(listener_, 8), 0);
    EXPECT_EQ(getsockname(listener_, plain, &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { Serve(); });
  }
  ~CannedServer() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }

  std::string url() const { return LoopbackUrl(port_); }
  int connections() const { return connections_; }
  std::vector<std::string> requests() {
    std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  void Serve() {
    int peer = -1;
    for (const std::string& answer : answers_) {
      peer = Next(peer);
      if (peer < 0) return;
      Keep(ReadRequest(peer));
      char byte = 0;
      const bool is_silent = answer == "(silence)";
      if (is_silent) {
        (void)read(peer, &byte, 1);  // ends when the client gives up
      } else {
        EXPECT_EQ(write(peer, answer.data(), answer.size()), static_cast<ssize_t>(answer.size()));
      }
      const bool stays = answer.find("Connection: keep-alive") != std::string::npos;
      if (!stays) close(std::exchange(peer, -1));
    }
    if (peer >= 0) close(peer);
  }

  // The connection on which the next request comes: the one that was left open, or a new one.
  int Next(int open) {
    std::array<pollfd, 2> watched{{{open, POLLIN, 0}, {listener_, POLLIN, 0}}};
    (void)poll(watched.data(), watched.size(), -1);
    char byte = 0;
    const bool is_again =
        open >= 0 && watched[0].revents != 0 && recv(open, &byte, 1, MSG_PEEK) == 1;
    if (is_again) return open;
    if (open >= 0) close(open);
    ++connections_;
    return accept(listener_, nullptr, nullptr);
  }

  static std::string ReadRequest(int peer) {
    std::string text;
    std::size_t wanted = std::string::npos;  // known once the head is there
    std::array<char, 65536> buffer{};
    while (text.size() < wanted) {
      const ssize_t got = read(peer, buffer.data(), buffer.size());
      if (got <= 0) break;
      text.append(buffer.data(), static_cast<std::size_t>(got));
      const std::size_t head = text.find("\r\n\r\n");
      if (head == std::string::npos) continue;
      const std::size_t length = text.find("Content-Length: ");
      const bool has_body = length < head;
      wanted = head + 4 + (has_body ? std::strtoul(&text[length + 16], nullptr, 10) : 0);
    }
    return text;
  }

  void Keep(std::string request) {
    std::lock_guard lock(mutex_);
    requests_.push_back(std::move(request));
  }

  std::vector<std::string> answers_;
  int listener_;
  int port_ = 0;
  std::atomic<int> connections_ = 0;
  std::mutex mutex_;  // guards requests_
  std::vector<std::string> requests_;
  std::thread thread_;
};

std::string Answer(const std::string& status, const std::string& body,
                   const std::string& header = "Connection: close") {
  return "HTTP/1.1 " + status + "\r\nX-Kind: canned\r\n" + header +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

// A port on which nobody listens: it was ours a moment ago.
std::string DeadUrl() { return CannedServer({}).url(); }

TEST(CurlClient, AnyStatusIsAnAnswer) {
  CannedServer server({Answer("200 OK", "hello"), Answer("503 Slow Down", "later")});
  CurlClient client;
  Result<HttpResponse> good = client.Send({.url = server.url() + "/a?b=c"});
  Result<HttpResponse> bad = client.Send({.url = server.url()});
  ASSERT_TRUE(good.ok() && bad.ok());
  EXPECT_EQ(good->status, 200);
  EXPECT_EQ(good->body, "hello");
  EXPECT_EQ(good->header("x-kind"), "canned");
  EXPECT_EQ(bad->status, 503);
  EXPECT_EQ(bad->body, "later");
  EXPECT_TRUE(server.requests()[0].starts_with("GET /a?b=c HTTP/1.1\r\n"));
}

TEST(CurlClient, SendsMethodHeadersAndALargeBodyThoughTheServerDoesNotAskForIt) {
  CannedServer server({Answer("200 OK", "")});
  CurlClient client;
  const std::string body(2'000'000, 'x');
  ASSERT_TRUE(client
                  .Send({.method = "PUT",
                         .url = server.url() + "/key",
                         .headers = {{"Content-Type", "text/plain"}},
                         .body = body})
                  .ok());
  const std::string request = server.requests()[0];
  EXPECT_TRUE(request.starts_with("PUT /key HTTP/1.1\r\n"));
  EXPECT_NE(request.find("Content-Type: text/plain\r\n"), std::string::npos);
  EXPECT_TRUE(request.ends_with("\r\n\r\n" + body));
}

TEST(CurlClient, AServerThatIsNotThereWasSentNothing) {
  CurlClient client;
  Result<HttpResponse> answer = client.Send({.url = DeadUrl()});
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().kind(), ErrorKind::kUnavailable);
}

TEST(CurlClient, ALostAnswerIsAmbiguous) {
  CannedServer server({"", "(silence)", "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhalf"});
  CurlClient client;
  for (const char* how : {"closed", "silent", "half"}) {
    Result<HttpResponse> answer = client.Send({.method = "POST",
                                               .url = server.url() + "/?secret=hunter2",
                                               .body = "Action=RunInstances",
                                               .timeout = milliseconds(200)});
    ASSERT_FALSE(answer.ok()) << how;
    EXPECT_EQ(answer.error().kind(), ErrorKind::kAmbiguous) << how;
    EXPECT_EQ(answer.error().message().find("hunter2"), std::string::npos);
  }
}

TEST(CurlClient, AnAnswerBeyondItsBoundIsRefused) {
  CannedServer server({Answer("200 OK", std::string(5000, 'x'))});
  CurlClient client;
  Result<HttpResponse> answer = client.Send({.url = server.url(), .max_response_bytes = 4999});
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().kind(), ErrorKind::kExhausted);
}

TEST(CurlClient, RedirectsAreFollowedOnlyWhenAsked) {
  const std::string away = Answer("302 Found", "", "Connection: close\r\nLocation: /there");
  CannedServer server({away, away, Answer("200 OK", "there")});
  CurlClient client;
  EXPECT_EQ(client.Send({.url = server.url()})->status, 302);
  Result<HttpResponse> followed = client.Send({.url = server.url(), .redirects = 1});
  EXPECT_EQ(followed->status, 200);
  EXPECT_FALSE(followed->header("location"));
}

TEST(CurlClient, AConnectionIsUsedAgainUnlessARequestMustArriveOnce) {
  const std::string open = Answer("200 OK", "", "Connection: keep-alive");
  CannedServer server({open, open, open});
  CurlClient client;
  ASSERT_TRUE(client.Send({.url = server.url()}).ok());
  ASSERT_TRUE(client.Send({.url = server.url()}).ok());
  EXPECT_EQ(server.connections(), 1);
  ASSERT_TRUE(client.Send({.url = server.url(), .is_repeatable = false}).ok());
  EXPECT_EQ(server.connections(), 2);
}

TEST(CurlClient, SignsWithTheTokenAndNeverSendsTheSecret) {
  CannedServer server({Answer("200 OK", "")});
  CurlClient client;
  HttpRequest request{.method = "POST", .url = server.url() + "/", .body = "Action=X"};
  request.signing = HttpSigning{.region = "eu-west-1",
                                .service = "ec2",
                                .access_key_id = "AKIAIOSFODNN7EXAMPLE",
                                .secret_access_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
                                .session_token = "canary-token"};
  ASSERT_TRUE(client.Send(request).ok());
  const std::string sent = server.requests()[0];
  EXPECT_NE(sent.find("Authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/"),
            std::string::npos);
  EXPECT_NE(sent.find("/eu-west-1/ec2/aws4_request"), std::string::npos);
  EXPECT_NE(sent.find("x-amz-security-token: canary-token\r\n"), std::string::npos);
  EXPECT_EQ(sent.find("bPxRfiCY"), std::string::npos);
}

TEST(CurlClient, ASignatureIsOfItsRequestOnly) {
  CannedServer server({Answer("200 OK", ""), Answer("200 OK", "")});
  CurlClient client;
  HttpRequest signed_one{.url = server.url()};
  signed_one.signing = HttpSigning{.region = "r", .service = "s", .access_key_id = "AKIAEXAMPLE"};
  ASSERT_TRUE(client.Send(signed_one).ok());
  ASSERT_TRUE(client.Send({.url = server.url()}).ok());
  EXPECT_EQ(server.requests()[1].find("Authorization"), std::string::npos);
}

TEST(CurlClient, AHeaderCannotBreakOutOfItsLine) {
  CurlClient client;
  Result<HttpResponse> answer =
      client.Send({.url = DeadUrl(), .headers = {{"X-Token", "a\r\nX-Evil: 1"}}});
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().kind(), ErrorKind::kInvalid);
  EXPECT_EQ(answer.error().message().find("Evil"), std::string::npos);
}

class Proxied : public testing::Test {
 protected:
  void SetUp() override { setenv("http_proxy", proxy_.url().c_str(), 1); }
  void TearDown() override { unsetenv("http_proxy"); }

  CannedServer proxy_{{Answer("200 OK", "from the proxy")}};
  CurlClient client_;
};

TEST_F(Proxied, AFarHostIsAskedThroughTheProxyOfTheEnvironment) {
  Result<HttpResponse> answer = client_.Send({.url = "http://far.invalid/x"});
  ASSERT_TRUE(answer.ok()) << answer.error().message();
  EXPECT_EQ(answer->body, "from the proxy");
  EXPECT_TRUE(proxy_.requests()[0].starts_with("GET http://far.invalid/x HTTP/1.1\r\n"));
}

TEST_F(Proxied, ThisMachineIsAskedDirectly) {
  CannedServer server({Answer("200 OK", "direct")});
  EXPECT_EQ(client_.Send({.url = server.url()})->body, "direct");
  EXPECT_TRUE(proxy_.requests().empty());
}

}  // namespace
}  // namespace mayfly::http
