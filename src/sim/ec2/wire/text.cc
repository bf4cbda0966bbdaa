#include "sim/ec2/wire/text.h"

#include <fmt/format.h>

#include <array>

namespace mayfly::ec2 {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

unsigned Byte(char c) { return static_cast<unsigned char>(c); }

}  // namespace

std::string Base64(std::string_view bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t left = bytes.size() - i;
    unsigned group = Byte(bytes[i]) << 16;
    if (left > 1) group |= Byte(bytes[i + 1]) << 8;
    if (left > 2) group |= Byte(bytes[i + 2]);
    text += kAlphabet[group >> 18];
    text += kAlphabet[group >> 12 & 63];
    text += left > 1 ? kAlphabet[group >> 6 & 63] : '=';
    text += left > 2 ? kAlphabet[group & 63] : '=';
  }
  return text;
}

std::optional<std::string> ReadBase64(std::string_view text) {
  std::string bytes;
  unsigned bits = 0;
  int count = 0;
  bool has_ended = false;
  for (char c : text) {
    if (c == '\n' || c == '\r') continue;
    if (c == '=') {
      has_ended = true;
      continue;
    }
    const auto digit = kAlphabet.find(c);
    if (digit == std::string_view::npos || has_ended) return std::nullopt;
    bits = bits << 6 | static_cast<unsigned>(digit);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>(bits >> count & 255);
  }
  return bytes;
}

std::string PercentDecode(std::string_view text, bool plus_is_space) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool has_two = text[i] == '%' && i + 2 < text.size();
    const int high = has_two ? HexDigit(text[i + 1]) : -1;
    const int low = has_two ? HexDigit(text[i + 2]) : -1;
    if (high >= 0 && low >= 0) {
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += plus_is_space && text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

std::string Stamp(Instant instant) {
  const auto whole = std::chrono::floor<seconds>(instant);
  const auto rest = std::chrono::duration_cast<milliseconds>(instant - whole);
  std::string text = FormatInstant(whole);
  text.pop_back();
  return fmt::format("{}.{:03d}Z", text, rest.count());
}

std::string EscapeXml(std::string_view text) {
  std::string out;
  for (char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        // XML 1.0 has no way to write the other control characters.
        if (Byte(c) < 0x20 && c != '\n' && c != '\t' && c != '\r') {
          out += '?';
        } else {
          out += c;
        }
    }
  }
  return out;
}

Xml& Xml::Open(std::string_view name) {
  text_.append("<").append(name).append(">");
  return *this;
}

Xml& Xml::Close(std::string_view name) {
  text_.append("</").append(name).append(">");
  return *this;
}

Xml& Xml::Leaf(std::string_view name, std::string_view value) {
  Open(name);
  text_ += EscapeXml(value);
  return Close(name);
}

Xml& Xml::Number(std::string_view name, std::int64_t value) {
  return Leaf(name, std::to_string(value));
}

Xml& Xml::Raw(std::string_view xml) {
  text_ += xml;
  return *this;
}

}  // namespace mayfly::ec2
