#include "adapters/aws/presign.h"

#include <fmt/format.h>

namespace mayfly::aws {
namespace {

std::string SigningKey(const PresignRequest& request, const std::string& secret,
                       std::string_view day) {
  std::string key = HmacSha256("AWS4" + secret, day);
  key = HmacSha256(key, request.region);
  key = HmacSha256(key, request.service);
  return HmacSha256(key, "aws4_request");
}

}  // namespace

std::string Presign(const PresignRequest& request, const Credentials& credentials) {
  const std::string time = CompactInstant(request.at);
  const std::string day = time.substr(0, 8);
  const std::string scope =
      fmt::format("{}/{}/{}/aws4_request", day, request.region, request.service);
  Pairs query = request.query;
  query.emplace_back("X-Amz-Algorithm", "AWS4-HMAC-SHA256");
  query.emplace_back("X-Amz-Credential", credentials.access_key_id + "/" + scope);
  query.emplace_back("X-Amz-Date", time);
  query.emplace_back("X-Amz-Expires", std::to_string(request.good_for.count()));
  query.emplace_back("X-Amz-SignedHeaders", "host");
  if (!credentials.session_token.empty()) {
    query.emplace_back("X-Amz-Security-Token", credentials.session_token);
  }
  const std::string encoded = EncodeQuery(std::move(query));
  const std::string canonical = fmt::format("GET\n{}\n{}\nhost:{}\n\nhost\n{}", request.path,
                                            encoded, request.host, Sha256Hex(""));
  const std::string to_sign =
      fmt::format("AWS4-HMAC-SHA256\n{}\n{}\n{}", time, scope, Sha256Hex(canonical));
  const std::string key = SigningKey(request, credentials.secret_access_key, day);
  return fmt::format("{}{}?{}&X-Amz-Signature={}", request.host, request.path, encoded,
                     Hex(HmacSha256(key, to_sign)));
}

}  // namespace mayfly::aws
