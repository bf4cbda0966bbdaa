#pragma once
// What all Describe calls share: ids, filters, pages.

#include <map>
#include <string>
#include <vector>

#include "sim/ec2/wire/params.h"

namespace mayfly::ec2 {

// One thing that a Describe call may show.
struct Row {
  std::string id;
  std::multimap<std::string, std::string> attributes;  // by the name of the filter
  Tags tags;
  std::string xml;
};

struct Listing {
  std::string set;        // the element around all: "volumeSet"
  std::string ids;        // the parameter that names some: "VolumeId"
  std::string not_found;  // the code for an id that is not there
  std::vector<Row> rows;
};

// The element with the rows that are asked for, and <nextToken> where more follow.
// InvalidParameterValue for a filter that no row knows, as long as there are rows.
Answer<std::string> Show(const Params& params, const Listing& listing);

}  // namespace mayfly::ec2
