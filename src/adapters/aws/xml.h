#pragma once
// Answers in XML, read defensively: what is missing or of another form is an error, never a zero.

#include <cstdint>
#include <memory>
#include <optional>
#include <pugixml.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/aws/query.h"
#include "base/result.h"
#include "base/time.h"

namespace mayfly::aws {

// A parsed answer; its nodes live as long as it does.
class XmlAnswer {
 public:
  // kCorrupt: not XML, or its root has another name.
  static Result<XmlAnswer> Parse(std::string_view body, std::string_view root);
  pugi::xml_node root() const { return document_->document_element(); }

 private:
  explicit XmlAnswer(std::unique_ptr<pugi::xml_document> document)
      : document_(std::move(document)) {}
  std::unique_ptr<pugi::xml_document> document_;  // its nodes point into it, so it does not move
};

// The name of the root of any XML, or empty.
std::string RootName(std::string_view body);

// The text of the first node on the path ("placement/availabilityZone"); empty where absent.
std::string Text(pugi::xml_node node, std::string_view path);

// The same; kCorrupt where absent or empty, and names what was missing.
Result<std::string> NeedText(pugi::xml_node node, std::string_view path);
Result<std::int64_t> NeedInt(pugi::xml_node node, std::string_view path);
// "true" or "false".
Result<bool> NeedBool(pugi::xml_node node, std::string_view path);
Result<Instant> NeedInstant(pugi::xml_node node, std::string_view path);
// Absent is absent; present and no instant is kCorrupt.
Result<std::optional<Instant>> MaybeInstant(pugi::xml_node node, std::string_view path);

// The children `member` of the list on the path; a list that is absent is empty.
std::vector<pugi::xml_node> Items(pugi::xml_node node, std::string_view path,
                                  std::string_view member = "item");

// PATH/item/{key,value}
Tags TagsOf(pugi::xml_node node, std::string_view path = "tagSet");

}  // namespace mayfly::aws
