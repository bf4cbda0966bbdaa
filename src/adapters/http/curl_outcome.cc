#include "adapters/http/curl_outcome.h"

#include <fmt/format.h>

#include <array>

#include "base/text.h"

namespace mayfly::http {
namespace {

ErrorKind KindOf(CURLcode code, bool was_sent) {
  switch (code) {
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_BAD_FUNCTION_ARGUMENT:
    case CURLE_SSL_CACERT_BADFILE:
      return ErrorKind::kInvalid;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
      return ErrorKind::kDenied;
    case CURLE_FILESIZE_EXCEEDED:
    case CURLE_OUT_OF_MEMORY:
      return ErrorKind::kExhausted;
    case CURLE_TOO_MANY_REDIRECTS:
      return ErrorKind::kInvalid;
    default:
      return was_sent ? ErrorKind::kAmbiguous : ErrorKind::kUnavailable;
  }
}

std::string_view NextStep(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kInvalid:
      return "check the endpoint that is set";
    case ErrorKind::kDenied:
      return "check the endpoint, and the certificates that this machine trusts (AWS_CA_BUNDLE)";
    case ErrorKind::kExhausted:
      return "ask for less at once";
    case ErrorKind::kAmbiguous:
      return "it was sent and the answer is lost: look whether it happened";
    default:
      return "nothing was sent; check network, proxy and name";
  }
}

// "host" of "scheme://user@host:port/path"; IPv6 without its brackets.
std::string HostOf(std::string_view url) {
  std::string shown(url.substr(0, url.find_first_of("?#")));
  const std::size_t scheme = shown.find("://");
  std::string host = scheme == std::string::npos ? shown : shown.substr(scheme + 3);
  host = host.substr(0, host.find('/'));
  if (const std::size_t at = host.rfind('@'); at != std::string::npos) host.erase(0, at + 1);
  if (host.starts_with('[')) return Lower(host.substr(1, host.find(']') - 1));
  return Lower(host.substr(0, host.find(':')));
}

bool IsAddress(std::string_view host) {
  return host.find_first_not_of("0123456789.") == std::string_view::npos;
}

}  // namespace

Error ErrorOf(CURLcode code, bool was_sent, std::string_view detail, const std::string& shown) {
  const ErrorKind kind = KindOf(code, was_sent);
  const std::string_view why = detail.empty() ? curl_easy_strerror(code) : detail;
  return {kind, fmt::format("{}: {}; {}", shown, why, NextStep(kind))};
}

bool IsNearby(std::string_view url) {
  const std::string host = HostOf(url);
  constexpr std::array<std::string_view, 3> kNames{"localhost", "::1", "fd00:ec2::254"};
  for (std::string_view name : kNames) {
    if (host == name) return true;
  }
  const bool is_address = IsAddress(host);
  return is_address && (host.starts_with("127.") || host.starts_with("169.254."));
}

}  // namespace mayfly::http
