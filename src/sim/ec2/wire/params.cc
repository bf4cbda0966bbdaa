#include "sim/ec2/wire/params.h"

#include <fmt/format.h>

#include <charconv>

#include "base/text.h"
#include "sim/ec2/wire/text.h"

namespace mayfly::ec2 {

Params Params::Read(std::string_view form) {
  Params params;
  for (const std::string& pair : Split(form, '&')) {
    if (pair.empty()) continue;
    const auto equals = std::min(pair.find('='), pair.size());
    const std::string name = PercentDecode(std::string_view(pair).substr(0, equals), true);
    const auto from = std::min(equals + 1, pair.size());
    params.values_[name] = PercentDecode(std::string_view(pair).substr(from), true);
  }
  params.read_ = {"Action", "Version", "ClientToken", "DryRun"};
  return params;
}

std::string Params::Text(const std::string& name) const {
  read_.insert(name);
  const auto found = values_.find(name);
  return found == values_.end() ? std::string() : found->second;
}

bool Params::Has(const std::string& name) const {
  read_.insert(name);
  return values_.contains(name);
}

bool Params::Flag(const std::string& name, bool otherwise) const {
  const std::string text = Lower(Text(name));
  return text.empty() ? otherwise : text == "true";
}

Answer<std::int64_t> Params::Number(const std::string& name, std::int64_t otherwise) const {
  const std::string text = Text(name);
  if (text.empty()) return otherwise;
  std::int64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec == std::errc() && parsed.ptr == text.data() + text.size()) return number;
  return Refusal{"InvalidParameterValue",
                 fmt::format("Value ({}) for parameter {} is invalid.", text, name)};
}

Answer<std::string> Params::Needed(const std::string& name) const {
  std::string text = Text(name);
  if (!text.empty()) return text;
  return Refusal{"MissingParameter",
                 fmt::format("The request must contain the parameter {}", name)};
}

std::vector<std::string> Params::List(const std::string& name) const {
  std::vector<std::string> values;
  for (int i = 1; Has(fmt::format("{}.{}", name, i)); ++i) {
    values.push_back(Text(fmt::format("{}.{}", name, i)));
  }
  return values;
}

std::vector<std::string> Params::Items(const std::string& name) const {
  std::vector<std::string> prefixes;
  while (true) {
    const std::string prefix = fmt::format("{}.{}", name, prefixes.size() + 1);
    const auto next = values_.lower_bound(prefix + ".");
    if (next == values_.end() || !next->first.starts_with(prefix + ".")) return prefixes;
    prefixes.push_back(prefix);
  }
}

Tags Params::TagsAt(const std::string& prefix) const {
  Tags tags;
  for (const std::string& item : Items(prefix + "Tag")) {
    tags[Text(item + ".Key")] = Text(item + ".Value");
  }
  return tags;
}

TagsByResource Params::TagSpecifications(const std::string& name) const {
  TagsByResource by_resource;
  for (const std::string& item : Items(name)) {
    by_resource[Text(item + ".ResourceType")] = TagsAt(item + ".");
  }
  return by_resource;
}

Answer<Done> Params::RefuseUnread() const {
  for (const auto& [name, value] : values_) {
    if (read_.contains(name)) continue;
    return Refusal{"UnknownParameter", fmt::format("The parameter {} is not recognized", name)};
  }
  return Done{};
}

}  // namespace mayfly::ec2
