#include "adapters/aws/text.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

#include "base/check.h"

namespace mayfly::aws {
namespace {

constexpr std::string_view kHexDigits = "0123456789ABCDEF";
constexpr std::int64_t kMicro = 1'000'000;

bool IsPlain(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
         std::string_view("-._~").find(c) != std::string_view::npos;
}

std::string EncodeBut(std::string_view text, std::string_view kept) {
  std::string encoded;
  for (char c : text) {
    if (IsPlain(c) || kept.find(c) != std::string_view::npos) {
      encoded += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    encoded += '%';
    encoded += kHexDigits[byte >> 4];
    encoded += kHexDigits[byte & 15];
  }
  return encoded;
}

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

bool AreDigits(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; });
}

}  // namespace

std::string PercentEncode(std::string_view text) { return EncodeBut(text, ""); }

std::string PercentEncodePath(std::string_view path) { return EncodeBut(path, "/"); }

std::string EncodePairs(const Pairs& pairs) {
  std::string text;
  for (const auto& [name, value] : pairs) {
    if (!text.empty()) text += '&';
    text += PercentEncode(name) + "=" + PercentEncode(value);
  }
  return text;
}

std::string EncodeQuery(Pairs pairs) {
  // By the encoded form, which orders as bytes do: all that is encoded sorts before what is not,
  // except '-' and '.'; so encode first.
  for (auto& [name, value] : pairs) {
    name = PercentEncode(name);
    value = PercentEncode(value);
  }
  std::sort(pairs.begin(), pairs.end());
  std::string text;
  for (const auto& [name, value] : pairs) {
    if (!text.empty()) text += '&';
    text += name + "=" + value;
  }
  return text;
}

std::string Base64(std::string_view bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');  // and the zero that OpenSSL writes
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), Bytes(bytes),
                                   static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

Result<std::string> FromBase64(std::string_view text) {
  std::string packed;
  std::copy_if(text.begin(), text.end(), std::back_inserter(packed),
               [](char c) { return std::isspace(static_cast<unsigned char>(c)) == 0; });
  std::string bytes(packed.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()), Bytes(packed),
                                   static_cast<int>(packed.size()));
  if (size < 0 || packed.size() % 4 != 0) return Corrupt("not base64");
  std::size_t padding = 0;
  while (padding < 2 && packed.size() > padding && packed[packed.size() - 1 - padding] == '=') {
    ++padding;
  }
  bytes.resize(static_cast<std::size_t>(size) - padding);
  return bytes;
}

std::string Hex(std::string_view bytes) {
  std::string text;
  for (char c : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return text;
}

std::string Sha256Hex(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  const int done =
      EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr);
  CHECK(done == 1, "OpenSSL has no SHA-256");
  return Hex({reinterpret_cast<const char*>(digest.data()), size});
}

std::string HmacSha256(std::string_view key, std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  const unsigned char* done = HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
                                   Bytes(bytes), bytes.size(), digest.data(), &size);
  CHECK(done != nullptr, "OpenSSL has no HMAC");
  return {reinterpret_cast<const char*>(digest.data()), size};
}

Result<Money> ParseUsd(std::string_view text) {
  const auto fail = [&] { return Corrupt(fmt::format("'{}' is not an amount in USD", text)); };
  const std::size_t point = std::min(text.find('.'), text.size());
  const std::string_view whole = text.substr(0, point);
  const std::string_view part = point == text.size() ? "" : text.substr(point + 1);
  std::int64_t dollars = 0;
  const auto read = std::from_chars(whole.data(), whole.data() + whole.size(), dollars);
  const bool is_read = read.ec == std::errc() && read.ptr == whole.data() + whole.size();
  if (!is_read || !AreDigits(whole) || !AreDigits(part) || dollars > 1'000'000'000) return fail();
  std::int64_t micro = 0;
  for (std::size_t i = 0; i < 6; ++i) micro = micro * 10 + (i < part.size() ? part[i] - '0' : 0);
  if (part.size() > 6 && part[6] >= '5') ++micro;
  return Money{dollars * kMicro + micro};
}

std::string DecimalUsd(Money money) {
  std::string text = fmt::format("{}.{:06}", money.micro_usd / kMicro, money.micro_usd % kMicro);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

std::string CompactInstant(Instant instant) {
  std::string text = FormatInstant(std::chrono::floor<seconds>(instant));
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text;
}

std::string WithoutSecrets(std::string text, const std::vector<std::string_view>& secrets) {
  constexpr std::size_t kTiny = 4;
  for (std::string_view secret : secrets) {
    if (secret.size() < kTiny) continue;
    for (std::size_t at = text.find(secret); at != std::string::npos; at = text.find(secret, at)) {
      text.replace(at, secret.size(), "***");
    }
  }
  return text;
}

}  // namespace mayfly::aws
