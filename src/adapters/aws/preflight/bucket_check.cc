// The bucket that machines fetch their program from.

#include <fmt/format.h>

#include "adapters/aws/preflight/survey.h"
#include "adapters/aws/s3.h"

namespace mayfly::aws {
namespace {

constexpr const char* kBucket = "bucket";

}  // namespace

PreflightCheck CheckBucket(const Survey& survey) {
  const std::string& bucket = survey.request.ec2.bucket;
  const std::string allow = fmt::format(
      "attach what `mayfly iam-policy controller --bucket {}` prints to who we are", bucket);
  Result<std::string> region = HeadBucket(survey.caller, bucket);
  if (!region.ok()) {
    const bool is_denied = region.error().kind() == ErrorKind::kDenied;
    PreflightCheck check =
        FromError(kBucket, region.error(),
                  fmt::format("name a bucket of this region in [machines.ec2]; to make one: "
                              "aws s3 mb s3://{} --region {}",
                              bucket, survey.caller.endpoints().region()));
    if (is_denied) check.next_step = allow;
    return check;
  }
  const ObjectName name{bucket, survey.request.bundle_prefix + "preflight"};
  Result<ObjectInfo> read = HeadObject(survey.caller, name);
  const bool may_read = read.ok() || read.error().kind() == ErrorKind::kNotFound;
  if (!may_read) return FromError(kBucket, read.error().Within("reading"), allow);
  const Status put = TryPut(survey.caller, name);
  const std::string found = fmt::format(
      "s3://{} in {}, read below {}", bucket,
      region->empty() ? survey.caller.endpoints().region() : *region, survey.request.bundle_prefix);
  if (put.ok()) return Pass(kBucket, found + " and written there");
  if (put.error().kind() == ErrorKind::kConflict) {
    return Pass(kBucket, found + " and written there; " + put.error().message());
  }
  PreflightCheck check = FromError(kBucket, put.error().Within("writing"), allow);
  if (put.error().kind() == ErrorKind::kDenied) {
    check.verdict = Verdict::kFail;
    check.next_step = allow;
  }
  return check;
}

}  // namespace mayfly::aws
