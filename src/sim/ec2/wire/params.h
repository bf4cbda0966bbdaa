#pragma once
// The parameters of a Query call: "TagSpecification.1.Tag.2.Key" and the like. Reading marks a
// parameter as known, so that one nobody understands can be refused as EC2 does.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sim/ec2/answer.h"
#include "sim/ec2/request.h"

namespace mayfly::ec2 {

class Params {
 public:
  // From a form-encoded body.
  static Params Read(std::string_view form);

  std::string Text(const std::string& name) const;  // empty where it is absent
  bool Has(const std::string& name) const;
  bool Flag(const std::string& name, bool otherwise = false) const;

  // Absent: `otherwise`. Not a number: InvalidParameterValue.
  Answer<std::int64_t> Number(const std::string& name, std::int64_t otherwise) const;
  // MissingParameter where it is absent.
  Answer<std::string> Needed(const std::string& name) const;

  // "InstanceId.1", "InstanceId.2", … in their order.
  std::vector<std::string> List(const std::string& name) const;
  // The prefixes "Filter.1", "Filter.2", … that have parameters.
  std::vector<std::string> Items(const std::string& name) const;

  // "<prefix>.Tag.N.Key" and "….Value".
  Tags TagsAt(const std::string& prefix) const;
  // "TagSpecification.N" by resource type; `name` is the parameter's.
  TagsByResource TagSpecifications(const std::string& name = "TagSpecification") const;

  // UnknownParameter for the first that nobody has read.
  Answer<Done> RefuseUnread() const;

 private:
  std::map<std::string, std::string> values_;
  mutable std::set<std::string> read_;
};

}  // namespace mayfly::ec2
