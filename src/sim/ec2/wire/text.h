#pragma once
// The small encodings of the wire: base64, percent, EC2's timestamps, and XML that is only written.

#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace mayfly::ec2 {

std::string Base64(std::string_view bytes);
std::optional<std::string> ReadBase64(std::string_view text);  // nullopt: not base64

// "%41" and, in forms, "+".
std::string PercentDecode(std::string_view text, bool plus_is_space);

// "2026-01-02T03:04:05.678Z".
std::string Stamp(Instant instant);

std::string EscapeXml(std::string_view text);

// XML from the outside in. Every Open needs its Close.
class Xml {
 public:
  Xml& Open(std::string_view name);
  Xml& Close(std::string_view name);
  Xml& Leaf(std::string_view name, std::string_view value);
  Xml& Leaf(std::string_view name, const char* value) {
    return Leaf(name, std::string_view(value));
  }
  Xml& Number(std::string_view name, std::int64_t value);
  Xml& Flag(std::string_view name, bool value) { return Leaf(name, value ? "true" : "false"); }
  Xml& Raw(std::string_view xml);  // finished elsewhere

  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

// <tagSet>…</tagSet>, or nothing where there are none.
template <typename Tags>
std::string TagSet(const Tags& tags) {
  if (tags.empty()) return {};
  Xml xml;
  xml.Open("tagSet");
  for (const auto& [key, value] : tags) {
    xml.Open("item").Leaf("key", key).Leaf("value", value).Close("item");
  }
  return xml.Close("tagSet").text();
}

}  // namespace mayfly::ec2
