#pragma once
// One HTTP exchange at a time, for clients of services. Whoever calls decides about retries.

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace mayfly {

struct HttpHeader {
  std::string name, value;
};

// Asks for an AWS Signature Version 4 over the whole request. The parts of the query must come
// sorted, percent-encoded and each with '=' (7.88 of libcurl signs them as they are).
struct HttpSigning {
  std::string region, service;
  std::string access_key_id, secret_access_key;
  std::string session_token;  // empty: long-lived keys; else sent and signed as a header
};

struct HttpRequest {
  std::string method = "GET";
  std::string url;  // http or https, without user and password
  std::vector<HttpHeader> headers;
  std::string body;
  std::optional<HttpSigning> signing;
  Duration connect_timeout = seconds(5);
  Duration timeout = seconds(30);  // for all of it
  // Whether it is harmless if the server gets it twice. If not, no old connection is used, since
  // the library repeats by itself what was lost on one that the server had closed meanwhile.
  bool is_repeatable = true;
  int redirects = 0;  // how many are followed; by default the caller sees the 3xx
  std::int64_t max_response_bytes = 64LL * 1024 * 1024;
};

struct HttpResponse {
  int status = 0;
  std::vector<HttpHeader> headers;  // of the last response, in their order
  std::string body;

  // The value of the first such header, whatever its case.
  std::optional<std::string> header(std::string_view name) const {
    auto same = [](char a, char b) {
      return std::tolower(static_cast<unsigned char>(a)) ==
             std::tolower(static_cast<unsigned char>(b));
    };
    for (const HttpHeader& header : headers) {
      if (std::equal(header.name.begin(), header.name.end(), name.begin(), name.end(), same)) {
        return header.value;
      }
    }
    return std::nullopt;
  }
};

class HttpClient {
 public:
  virtual ~HttpClient() = default;

  // Any response is a value, 404 and 503 too. kUnavailable: nothing was sent. kAmbiguous: it was,
  // and the response did not come whole. kInvalid: not a URL that can be asked. kDenied: the
  // server's certificate is not to be trusted. kExhausted: the response is longer than allowed.
  // No message holds a header, a body, or the query of the URL (I12).
  virtual Result<HttpResponse> Send(const HttpRequest& request) = 0;
};

// A URL as it may be shown: without user, password, query and fragment, where secrets travel (I12).
inline std::string ShownUrl(std::string_view url) {
  std::string shown(url.substr(0, url.find_first_of("?#")));
  const std::size_t host = shown.find("://") == std::string::npos ? 0 : shown.find("://") + 3;
  const std::size_t path = shown.find('/', host);
  const std::size_t at = shown.rfind('@', path);
  if (at != std::string::npos && at >= host) shown.erase(host, at + 1 - host);
  return shown;
}

// "POST https://ec2.eu-west-1.amazonaws.com/": all of a request that may be shown.
inline std::string Shown(const HttpRequest& request) {
  return request.method + " " + ShownUrl(request.url);
}

}  // namespace mayfly
