#include "sim/ec2/wire/auth.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace mayfly::ec2 {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256 ";
constexpr Duration kSkew = minutes(5);
constexpr std::size_t kSignatureDigits = 64;

std::string Header(const HttpRequest& request, const std::string& name) {
  const auto found = request.headers.find(name);
  return found == request.headers.end() ? std::string() : found->second;
}

// "Credential=…" out of the comma-separated parts of the header.
std::string Part(const std::string& header, std::string_view name) {
  for (const std::string& part : Split(header.substr(kAlgorithm.size()), ',')) {
    const std::string_view trimmed = Trim(part);
    if (trimmed.starts_with(name) && trimmed.substr(name.size()).starts_with("=")) {
      return std::string(trimmed.substr(name.size() + 1));
    }
  }
  return {};
}

Refusal Incomplete(std::string_view what) {
  return {"IncompleteSignature", fmt::format("Authorization header: {}", what), 400};
}

bool IsSignature(const std::string& text) {
  return text.size() == kSignatureDigits &&
         text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

// "20260102T030405Z" against the real clock.
Answer<Done> CheckDate(const HttpRequest& request, const std::string& scope_date) {
  const std::string date = Header(request, "x-amz-date");
  if (date.size() != 16 || date[8] != 'T' || date[15] != 'Z') {
    return Incomplete("there is no X-Amz-Date of the form YYYYMMDDTHHMMSSZ");
  }
  if (date.substr(0, 8) != scope_date) return Incomplete("its date is not that of X-Amz-Date");
  const Result<Instant> signed_at = ParseInstant(
      fmt::format("{}-{}-{}T{}:{}:{}Z", date.substr(0, 4), date.substr(4, 2), date.substr(6, 2),
                  date.substr(9, 2), date.substr(11, 2), date.substr(13, 2)));
  if (!signed_at.ok()) return Incomplete("X-Amz-Date is no date");
  const Duration skew = request.wall - *signed_at;
  if (skew <= kSkew && skew >= -kSkew) return Done{};
  return Refusal{"RequestExpired", fmt::format("Request has expired. Timestamp date is {}",
                                               FormatInstant(*signed_at))};
}

}  // namespace

Answer<Signer> ReadSignature(const HttpRequest& request) {
  const std::string header = Header(request, "authorization");
  if (!header.starts_with(kAlgorithm)) {
    return Refusal{"MissingAuthenticationToken", "Request is missing Authentication Token", 403};
  }
  const std::vector<std::string> scope = Split(Part(header, "Credential"), '/');
  if (scope.size() != 5 || scope[0].empty() || scope[4] != "aws4_request") {
    return Incomplete("Credential is not KEY/DATE/REGION/SERVICE/aws4_request");
  }
  const std::vector<std::string> headers = Split(Part(header, "SignedHeaders"), ';');
  if (std::find(headers.begin(), headers.end(), "host") == headers.end()) {
    return Incomplete("SignedHeaders does not name host");
  }
  if (!IsSignature(Part(header, "Signature"))) return Incomplete("Signature is not 64 hex digits");
  TRY(CheckDate(request, scope[1]));
  // Keys of a role come with a token; without it nobody knows them.
  if (scope[0].starts_with("ASIA") && Header(request, "x-amz-security-token").empty()) {
    return Refusal{"AuthFailure", "AWS was not able to validate the provided access credentials",
                   401};
  }
  return Signer{scope[0], scope[2], scope[3]};
}

}  // namespace mayfly::ec2
