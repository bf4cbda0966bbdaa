#include "adapters/http/curl_outcome.h"

#include <gtest/gtest.h>

#include "seams/http_client.h"

namespace mayfly::http {
namespace {

struct Case {
  const char* name;
  CURLcode code;
  bool was_sent;
  ErrorKind kind;
};

TEST(CurlOutcome, WhatWasSentAndNotAnsweredIsAmbiguous) {
  const Case kCases[] = {
      {"name unknown", CURLE_COULDNT_RESOLVE_HOST, false, ErrorKind::kUnavailable},
      {"refused", CURLE_COULDNT_CONNECT, false, ErrorKind::kUnavailable},
      {"timeout before", CURLE_OPERATION_TIMEDOUT, false, ErrorKind::kUnavailable},
      {"timeout after", CURLE_OPERATION_TIMEDOUT, true, ErrorKind::kAmbiguous},
      {"reset", CURLE_RECV_ERROR, true, ErrorKind::kAmbiguous},
      {"half sent", CURLE_SEND_ERROR, true, ErrorKind::kAmbiguous},
      {"empty answer", CURLE_GOT_NOTHING, true, ErrorKind::kAmbiguous},
      {"half an answer", CURLE_PARTIAL_FILE, true, ErrorKind::kAmbiguous},
      {"tls fails", CURLE_SSL_CONNECT_ERROR, false, ErrorKind::kUnavailable},
      {"forged", CURLE_PEER_FAILED_VERIFICATION, false, ErrorKind::kDenied},
      {"no url", CURLE_URL_MALFORMAT, false, ErrorKind::kInvalid},
      {"gopher", CURLE_UNSUPPORTED_PROTOCOL, false, ErrorKind::kInvalid},
      {"too long", CURLE_FILESIZE_EXCEEDED, true, ErrorKind::kExhausted},
  };
  for (const Case& c : kCases) {
    EXPECT_EQ(ErrorOf(c.code, c.was_sent, "", "GET http://a/").kind(), c.kind) << c.name;
  }
}

TEST(CurlOutcome, WhatIsNearIsNeverBehindAProxy) {
  for (const char* url : {"http://127.0.0.1:5000/x", "http://localhost", "http://[::1]:80/",
                          "http://169.254.169.254/latest", "https://u:p@127.9.9.9/?q=http://a"}) {
    EXPECT_TRUE(IsNearby(url)) << url;
  }
  for (const char* url : {"http://127.0.0.1.example.org/", "https://ec2.eu-west-1.amazonaws.com/",
                          "http://10.0.0.1/", "http://localhost.example.org", "nonsense"}) {
    EXPECT_FALSE(IsNearby(url)) << url;
  }
}

TEST(CurlOutcome, AShownUrlHasNoPlaceForSecrets) {
  EXPECT_EQ(ShownUrl("https://me:hunter2@host:99/path@x?X-Amz-Security-Token=abc#f"),
            "https://host:99/path@x");
  EXPECT_EQ(ShownUrl("http://host?a=b"), "http://host");
  EXPECT_EQ(Shown({.method = "PUT", .url = "http://h/k?sig=1"}), "PUT http://h/k");
}

TEST(CurlOutcome, HeadersAreFoundWhateverTheirCase) {
  const HttpResponse response{200, {{"ETag", "\"1\""}, {"x-a", "b"}}, ""};
  EXPECT_EQ(response.header("etag"), "\"1\"");
  EXPECT_EQ(response.header("X-A"), "b");
  EXPECT_FALSE(response.header("x"));
}

}  // namespace
}  // namespace mayfly::http
