#pragma once
// Encodings and digests that AWS asks for. Pure.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/money.h"
#include "base/result.h"
#include "base/time.h"

namespace mayfly::aws {

// Everything but A-Z a-z 0-9 - . _ ~ as %XX (RFC 3986, which SigV4 wants).
std::string PercentEncode(std::string_view text);
// The same, with '/' as it is: for the path of an object.
std::string PercentEncodePath(std::string_view path);

using Pairs = std::vector<std::pair<std::string, std::string>>;
// "a=1&b=": encoded, in the order given.
std::string EncodePairs(const Pairs& pairs);
// The same, sorted as SigV4 has them: what libcurl 7.88 and newer ones sign alike.
std::string EncodeQuery(Pairs pairs);

std::string Base64(std::string_view bytes);
Result<std::string> FromBase64(std::string_view text);

// Lower-case hexadecimal.
std::string Sha256Hex(std::string_view bytes);
// 32 raw bytes.
std::string HmacSha256(std::string_view key, std::string_view bytes);
std::string Hex(std::string_view bytes);

// "0.1234000" or "12.5" dollars, rounded half up to the micro-dollar. kCorrupt: not such a number.
Result<Money> ParseUsd(std::string_view text);
// Micro-dollars as the shortest decimal: "0.5".
std::string DecimalUsd(Money money);

// "20250701T120000Z".
std::string CompactInstant(Instant instant);

// `text` with every occurrence of the secrets as "***" (I12); empty and tiny ones are left alone.
std::string WithoutSecrets(std::string text, const std::vector<std::string_view>& secrets);

}  // namespace mayfly::aws
