#include "adapters/http/curl_client.h"

#include <array>
#include <utility>

#include "adapters/http/curl_outcome.h"
#include "base/check.h"
#include "base/text.h"

namespace mayfly::http {
namespace {

struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using HeaderList = std::unique_ptr<curl_slist, FreeList>;

constexpr long kWaitToContinueMs = 20;  // NOLINT(google-runtime-int): libcurl's type

// What libcurl's callbacks write into.
struct Reception {
  HttpResponse response;
  std::int64_t max_bytes = 0;
  bool is_too_long = false;
};

std::size_t TakeBody(char* data, std::size_t one, std::size_t count, void* into) {
  auto& reception = *static_cast<Reception*>(into);
  std::string& body = reception.response.body;
  const std::size_t more = one * count;
  if (body.size() + more > static_cast<std::size_t>(reception.max_bytes)) {
    reception.is_too_long = true;
    return 0;
  }
  body.append(data, more);
  return more;
}

// Called for every line; a status line begins a new response (after a redirect or a 100).
std::size_t TakeHeader(char* data, std::size_t one, std::size_t count, void* into) {
  auto& reception = *static_cast<Reception*>(into);
  const std::string_view line(data, one * count);
  const std::size_t colon = line.find(':');
  if (line.starts_with("HTTP/")) {
    reception.response = {};
  } else if (colon != std::string_view::npos) {
    reception.response.headers.push_back(
        {std::string(line.substr(0, colon)), std::string(Trim(line.substr(colon + 1)))});
  }
  return one * count;
}

template <typename Value>
void Set(CURL* handle, CURLoption option, Value value) {
  const CURLcode code = curl_easy_setopt(handle, option, value);
  CHECK(code == CURLE_OK, "libcurl does not know an option that 7.88 has");
}

long Milliseconds(Duration duration) {  // NOLINT(google-runtime-int): libcurl's type
  return std::max<long>(std::chrono::ceil<milliseconds>(duration).count(), 1);
}

bool HasLineBreak(const HttpRequest& request) {
  auto broken = [](std::string_view text) {
    return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
  };
  for (const HttpHeader& header : request.headers) {
    if (broken(header.name) || broken(header.value)) return true;
  }
  const bool token = request.signing && broken(request.signing->session_token);
  return token || broken(request.url) || broken(request.method);
}

void Add(HeaderList& list, const std::string& line) {
  curl_slist* longer = curl_slist_append(list.get(), line.c_str());
  CHECK(longer != nullptr, "no memory for a header");
  if (list == nullptr) list.reset(longer);  // else its head is as before
}

HeaderList HeadersOf(const HttpRequest& request) {
  HeaderList list;
  for (const HttpHeader& header : request.headers) Add(list, header.name + ": " + header.value);
  if (request.signing && !request.signing->session_token.empty()) {
    Add(list, "x-amz-security-token: " + request.signing->session_token);
  }
  return list;
}

void SetBody(CURL* handle, const HttpRequest& request) {
  if (request.method == "HEAD") {
    Set(handle, CURLOPT_NOBODY, 1L);
    return;
  }
  if (request.method == "GET" && request.body.empty()) {
    Set(handle, CURLOPT_HTTPGET, 1L);
    return;
  }
  Set(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  Set(handle, CURLOPT_POSTFIELDS, request.body.c_str());  // of the caller, until Send returns
  Set(handle, CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

void SetSigning(CURL* handle, const HttpSigning& signing) {
  const std::string scope = "aws:amz:" + signing.region + ":" + signing.service;
  Set(handle, CURLOPT_AWS_SIGV4, scope.c_str());
  Set(handle, CURLOPT_USERNAME, signing.access_key_id.c_str());
  Set(handle, CURLOPT_PASSWORD, signing.secret_access_key.c_str());
}

void SetLimits(CURL* handle, const HttpRequest& request) {
  Set(handle, CURLOPT_NOSIGNAL, 1L);
  Set(handle, CURLOPT_CONNECTTIMEOUT_MS, Milliseconds(request.connect_timeout));
  Set(handle, CURLOPT_TIMEOUT_MS, Milliseconds(request.timeout));
  Set(handle, CURLOPT_FOLLOWLOCATION, request.redirects > 0 ? 1L : 0L);
  Set(handle, CURLOPT_MAXREDIRS, static_cast<long>(request.redirects));
  Set(handle, CURLOPT_FRESH_CONNECT, request.is_repeatable ? 0L : 1L);
  Set(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  Set(handle, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  Set(handle, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  Set(handle, CURLOPT_PATH_AS_IS, 1L);  // what is signed is what is sent
  // Before a large body libcurl asks whether it is wanted, and a server need not answer. To take
  // the header away ("Expect:") would have 7.88 sign a header that is not sent.
  Set(handle, CURLOPT_EXPECT_100_TIMEOUT_MS, kWaitToContinueMs);
  if (IsNearby(request.url)) Set(handle, CURLOPT_PROXY, "");
}

bool WasSent(CURL* handle) {
  long bytes = 0;  // NOLINT(google-runtime-int): libcurl's type
  curl_easy_getinfo(handle, CURLINFO_REQUEST_SIZE, &bytes);
  return bytes > 0;
}

}  // namespace

CurlClient::CurlClient(CurlOptions options) : options_(std::move(options)) {
  // Counts its calls; the first is made before any other thread (docs/layers.txt: threads).
  CHECK(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK, "libcurl cannot be set up");
  handle_.reset(curl_easy_init());
  CHECK(handle_ != nullptr, "no memory for an HTTP client");
}

Result<HttpResponse> CurlClient::Send(const HttpRequest& request) {
  if (HasLineBreak(request)) {
    return Invalid(Shown(request) + ": a header or the URL has a line break; remove it");
  }
  CURL* handle = handle_.get();
  curl_easy_reset(handle);  // connections and names stay known
  std::array<char, CURL_ERROR_SIZE> detail{};
  Reception reception{{}, request.max_response_bytes, false};
  const HeaderList headers = HeadersOf(request);
  SetLimits(handle, request);
  SetBody(handle, request);
  if (request.signing) SetSigning(handle, *request.signing);
  if (!options_.ca_bundle.empty()) Set(handle, CURLOPT_CAINFO, options_.ca_bundle.c_str());
  Set(handle, CURLOPT_USERAGENT, options_.user_agent.c_str());
  Set(handle, CURLOPT_URL, request.url.c_str());
  Set(handle, CURLOPT_HTTPHEADER, headers.get());
  Set(handle, CURLOPT_ERRORBUFFER, detail.data());
  Set(handle, CURLOPT_WRITEFUNCTION, &TakeBody);
  Set(handle, CURLOPT_WRITEDATA, static_cast<void*>(&reception));
  Set(handle, CURLOPT_HEADERFUNCTION, &TakeHeader);
  Set(handle, CURLOPT_HEADERDATA, static_cast<void*>(&reception));
  const CURLcode code = curl_easy_perform(handle);
  const bool was_sent = WasSent(handle);
  // Nothing of the request stays behind in the handle: neither a secret nor a pointer to this call.
  long status = 0;  // NOLINT(google-runtime-int): libcurl's type
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_reset(handle);
  if (reception.is_too_long) {
    return ErrorOf(CURLE_FILESIZE_EXCEEDED, was_sent, "", Shown(request));
  }
  if (code != CURLE_OK) return ErrorOf(code, was_sent, detail.data(), Shown(request));
  reception.response.status = static_cast<int>(status);
  return std::move(reception.response);
}

}  // namespace mayfly::http
