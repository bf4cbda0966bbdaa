#include "adapters/aws/xml.h"

#include <fmt/format.h>

#include <charconv>

namespace mayfly::aws {
namespace {

Error Missing(pugi::xml_node node, std::string_view path) {
  return Corrupt(fmt::format("the answer of AWS has no {} in its {}", path, node.name()));
}

Error Unreadable(std::string_view path, std::string_view text, std::string_view what) {
  return Corrupt(fmt::format("the answer of AWS says {} '{}', which is not {}", path,
                             text.substr(0, 60), what));
}

}  // namespace

Result<XmlAnswer> XmlAnswer::Parse(std::string_view body, std::string_view root) {
  auto document = std::make_unique<pugi::xml_document>();
  const pugi::xml_parse_result parsed = document->load_buffer(body.data(), body.size());
  if (!parsed) {
    return Corrupt(fmt::format("the answer of AWS is not XML ({} at byte {})", parsed.description(),
                               parsed.offset));
  }
  const std::string_view name = document->document_element().name();
  if (name != root) {
    return Corrupt(
        fmt::format("the answer of AWS is a {}, where {} was asked for", name.substr(0, 60), root));
  }
  return XmlAnswer(std::move(document));
}

std::string RootName(std::string_view body) {
  pugi::xml_document document;
  if (!document.load_buffer(body.data(), body.size())) return "";
  return document.document_element().name();
}

std::string Text(pugi::xml_node node, std::string_view path) {
  return node.first_element_by_path(std::string(path).c_str()).text().get();
}

Result<std::string> NeedText(pugi::xml_node node, std::string_view path) {
  std::string text = Text(node, path);
  if (text.empty()) return Missing(node, path);
  return text;
}

Result<std::int64_t> NeedInt(pugi::xml_node node, std::string_view path) {
  TRY_ASSIGN(const std::string text, NeedText(node, path));
  std::int64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) {
    return Unreadable(path, text, "a whole number");
  }
  return number;
}

Result<bool> NeedBool(pugi::xml_node node, std::string_view path) {
  TRY_ASSIGN(const std::string text, NeedText(node, path));
  if (text != "true" && text != "false") return Unreadable(path, text, "true or false");
  return text == "true";
}

Result<Instant> NeedInstant(pugi::xml_node node, std::string_view path) {
  TRY_ASSIGN(const std::string text, NeedText(node, path));
  Result<Instant> instant = ParseInstant(text);
  if (!instant.ok()) return Unreadable(path, text, "a time");
  return instant;
}

Result<std::optional<Instant>> MaybeInstant(pugi::xml_node node, std::string_view path) {
  if (Text(node, path).empty()) return std::optional<Instant>();
  TRY_ASSIGN(const Instant instant, NeedInstant(node, path));
  return std::optional<Instant>(instant);
}

std::vector<pugi::xml_node> Items(pugi::xml_node node, std::string_view path,
                                  std::string_view member) {
  std::vector<pugi::xml_node> items;
  const pugi::xml_node list = node.first_element_by_path(std::string(path).c_str());
  const std::string name(member);  // the iterator points into it
  for (pugi::xml_node item : list.children(name.c_str())) items.push_back(item);
  return items;
}

Tags TagsOf(pugi::xml_node node, std::string_view path) {
  Tags tags;
  for (pugi::xml_node item : Items(node, path)) {
    tags.emplace_back(Text(item, "key"), Text(item, "value"));
  }
  return tags;
}

}  // namespace mayfly::aws
