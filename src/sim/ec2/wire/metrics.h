#pragma once
// CloudWatch: figures over time, as a script has them. Nothing here measures anything.

#include <string>
#include <vector>

#include "base/time.h"
#include "sim/ec2/wire/message.h"

namespace mayfly::ec2 {

struct Services;
class Params;

// The values of one metric of one thing, a period apart; the last one ends at `until`.
struct Series {
  std::string space;      // "AWS/EC2"
  std::string name;       // "CPUUtilization"
  std::string dimension;  // the value of its dimension: "i-…"
  Duration period = minutes(5);
  Instant until;
  std::vector<double> values;
};

// CloudWatch's Query protocol: GetMetricData.
HttpReply AnswerCloudWatch(Services& services, const Params& params);

}  // namespace mayfly::ec2
