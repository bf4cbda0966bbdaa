#pragma once
// HttpClient on libcurl. One handle, whose connections are kept between requests; one thread.
// Proxies, and hosts that need none, are those of curl's own environment variables; what is on this
// machine or its cloud's metadata is asked directly always.

#include <curl/curl.h>

#include <memory>
#include <string>

#include "seams/http_client.h"

namespace mayfly::http {

struct CurlOptions {
  std::string ca_bundle;  // a file of certificates to trust instead of the system's (AWS_CA_BUNDLE)
  std::string user_agent = "mayfly";
};

class CurlClient final : public HttpClient {
 public:
  explicit CurlClient(CurlOptions options = {});
  Result<HttpResponse> Send(const HttpRequest& request) override;

 private:
  struct CloseHandle {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
  };

  CurlOptions options_;
  std::unique_ptr<CURL, CloseHandle> handle_;
};

}  // namespace mayfly::http
