#include "sim/ec2/host/http_front.h"

#include <gmock/gmock.h>
#include <httplib.h>

#include <atomic>
#include <mutex>
#include <thread>

#include "base/check.h"

namespace mayfly::ec2 {
namespace {

// A front that tells what it was asked.
class FrontTest : public ::testing::Test {
 protected:
  FrontTest() { front_->Begin(); }

  httplib::Client Connect() { return httplib::Client("127.0.0.1", front_->port()); }

  HttpReply Answer(const HttpRequest& request) {
    const std::lock_guard<std::mutex> lock(mutex_);
    ++asked_;
    HttpReply reply = next_;
    reply.body += request.method + " " + request.target + " " + std::to_string(request.body.size());
    return reply;
  }

  void AnswerWith(HttpReply reply) {
    const std::lock_guard<std::mutex> lock(mutex_);
    next_ = std::move(reply);
  }

  int CountAsked() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return asked_;
  }

  std::unique_ptr<HttpFront> Open(int port) {
    auto front = HttpFront::Open(port, [this](const HttpRequest& r) { return Answer(r); });
    CHECK(front.ok(), "a port of loopback is free");
    return std::move(front).value();
  }

  std::mutex mutex_;  // guards the two
  HttpReply next_;
  int asked_ = 0;
  std::unique_ptr<HttpFront> front_ = Open(0);
};

TEST_F(FrontTest, HandsOverAnyMethodAndTheTargetAsItWasWritten) {
  httplib::Client client = Connect();
  EXPECT_EQ(client.Get("/a%20b/c?x=%2F&y")->body, "GET /a%20b/c?x=%2F&y 0");
  EXPECT_EQ(client.Put("/p", "12345", "text/plain")->body, "PUT /p 5");
  EXPECT_EQ(client.Delete("/d")->body, "DELETE /d 0");
  const auto head = client.Head("/h");
  EXPECT_EQ(head->body, "");
  EXPECT_EQ(head->get_header_value("Content-Length"), "9");
}

TEST_F(FrontTest, TakesFormsThatAreLongerThanTheLibraryLikes) {
  const std::string form = "UserData=" + std::string(60'000, 'x');
  const auto answer = Connect().Post("/", form, "application/x-www-form-urlencoded");
  EXPECT_EQ(answer->body, "POST / 60009");
}

TEST_F(FrontTest, CutsTheConnectionOfALostAnswer) {
  AnswerWith({.is_lost = true});
  httplib::Client client = Connect();
  EXPECT_FALSE(client.Get("/"));
  EXPECT_EQ(CountAsked(), 1);
}

TEST_F(FrontTest, CutsAPartOutOfABody) {
  AnswerWith({.body = "0123456789 "});
  const auto answer = Connect().Get("/", {httplib::make_range_header({{2, 4}})});
  EXPECT_EQ(answer->status, 206);
  EXPECT_EQ(answer->body, "234");
}

TEST_F(FrontTest, AnswersManyAtOnceWhileOneIsHeldBack) {
  AnswerWith({.late = hours(1)});
  std::thread waits([&] { EXPECT_TRUE(Connect().Get("/late")) << "answered at the end"; });
  while (CountAsked() == 0) std::this_thread::yield();
  AnswerWith({});
  std::atomic<int> answered = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      httplib::Client client = Connect();
      for (int j = 0; j < 20; ++j) answered += client.Get("/") ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(answered, 160);
  front_->End();
  waits.join();
}

TEST_F(FrontTest, SaysThatAPortIsTaken) {
  const auto second =
      HttpFront::Open(front_->port(), [](const HttpRequest&) { return HttpReply(); });
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().kind(), ErrorKind::kConflict);
}

}  // namespace
}  // namespace mayfly::ec2
