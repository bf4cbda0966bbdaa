#include "adapters/aws/error_class.h"

#include <gtest/gtest.h>

namespace mayfly::aws {
namespace {

using enum Reaction;

struct Case {
  const char* code;
  Reaction reaction;
  ErrorKind kind;
};

// Every code by name: what follows from it is decided here and nowhere else.
const Case kCases[] = {
    {"RequestLimitExceeded", kRetrySameToken, ErrorKind::kUnavailable},
    {"Throttling", kRetrySameToken, ErrorKind::kUnavailable},
    {"ThrottlingException", kRetrySameToken, ErrorKind::kUnavailable},
    {"EC2ThrottledException", kRetrySameToken, ErrorKind::kUnavailable},
    {"TooManyRequestsException", kRetrySameToken, ErrorKind::kUnavailable},
    {"SlowDown", kRetrySameToken, ErrorKind::kUnavailable},
    {"InternalError", kRetrySameToken, ErrorKind::kUnavailable},
    {"InternalFailure", kRetrySameToken, ErrorKind::kUnavailable},
    {"InternalServiceErrorException", kRetrySameToken, ErrorKind::kUnavailable},
    {"ServerInternal", kRetrySameToken, ErrorKind::kUnavailable},
    {"ServiceUnavailable", kRetrySameToken, ErrorKind::kUnavailable},
    {"ServiceUnavailableException", kRetrySameToken, ErrorKind::kUnavailable},
    {"Unavailable", kRetrySameToken, ErrorKind::kUnavailable},
    {"RequestTimeout", kRetrySameToken, ErrorKind::kUnavailable},
    {"InsufficientInstanceCapacity", kNextPool, ErrorKind::kExhausted},
    {"UnfulfillableCapacity", kNextPool, ErrorKind::kExhausted},
    {"InsufficientCapacity", kNextPool, ErrorKind::kExhausted},
    {"InsufficientHostCapacity", kNextPool, ErrorKind::kExhausted},
    {"InsufficientCapacityOnHost", kNextPool, ErrorKind::kExhausted},
    {"InsufficientReservedInstanceCapacity", kNextPool, ErrorKind::kExhausted},
    {"InsufficientAddressCapacity", kNextPool, ErrorKind::kExhausted},
    {"InsufficientVolumeCapacity", kNextPool, ErrorKind::kExhausted},
    {"Unsupported", kNextPool, ErrorKind::kExhausted},
    {"UnsupportedOperation", kNextPool, ErrorKind::kExhausted},
    {"VolumeTypeNotAvailableInZone", kNextPool, ErrorKind::kExhausted},
    {"ReservationCapacityExceeded", kNextPool, ErrorKind::kExhausted},
    {"InsufficientFreeAddressesInSubnet", kNextSubnet, ErrorKind::kExhausted},
    {"SpotMaxPriceTooLow", kNextPrice, ErrorKind::kExhausted},
    {"MaxSpotInstanceCountExceeded", kSkipMarketAndFamily, ErrorKind::kExhausted},
    {"VcpuLimitExceeded", kSkipMarketAndFamily, ErrorKind::kExhausted},
    {"InstanceLimitExceeded", kSkipMarketAndFamily, ErrorKind::kExhausted},
    {"MaxSpotFleetRequestCountExceeded", kSkipMarketAndFamily, ErrorKind::kExhausted},
    {"MaxFleetCountExceeded", kSkipMarketAndFamily, ErrorKind::kExhausted},
    {"VolumeLimitExceeded", kSkipMarketAndFamily, ErrorKind::kExhausted},
    {"AddressLimitExceeded", kSkipMarketAndFamily, ErrorKind::kExhausted},
    {"NetworkInterfaceLimitExceeded", kSkipMarketAndFamily, ErrorKind::kExhausted},
    {"MaxConfigLimitExceededException", kSkipMarketAndFamily, ErrorKind::kExhausted},
    {"TargetCapacityLimitExceededException", kSkipMarketAndFamily, ErrorKind::kExhausted},
    {"AuthFailure", kFatalCredentials, ErrorKind::kDenied},
    {"AuthFailure.ServiceLinkedRoleCreationNotPermitted", kFatalCredentials, ErrorKind::kDenied},
    {"InvalidClientTokenId", kFatalCredentials, ErrorKind::kDenied},
    {"UnrecognizedClientException", kFatalCredentials, ErrorKind::kDenied},
    {"InvalidAccessKeyId", kFatalCredentials, ErrorKind::kDenied},
    {"SignatureDoesNotMatch", kFatalCredentials, ErrorKind::kDenied},
    {"InvalidSignatureException", kFatalCredentials, ErrorKind::kDenied},
    {"ExpiredToken", kFatalCredentials, ErrorKind::kDenied},
    {"ExpiredTokenException", kFatalCredentials, ErrorKind::kDenied},
    {"RequestExpired", kFatalCredentials, ErrorKind::kDenied},
    {"RequestTimeTooSkewed", kFatalCredentials, ErrorKind::kDenied},
    {"UnauthorizedOperation", kFatalCredentials, ErrorKind::kDenied},
    {"AccessDenied", kFatalCredentials, ErrorKind::kDenied},
    {"AccessDeniedException", kFatalCredentials, ErrorKind::kDenied},
    {"OptInRequired", kFatalCredentials, ErrorKind::kDenied},
    {"PendingVerification", kFatalCredentials, ErrorKind::kDenied},
    {"Blocked", kFatalCredentials, ErrorKind::kDenied},
    {"MissingAuthenticationToken", kFatalCredentials, ErrorKind::kDenied},
    {"InvalidParameterValue", kFatalConfig, ErrorKind::kInvalid},
    {"InvalidParameterCombination", kFatalConfig, ErrorKind::kInvalid},
    {"InvalidParameter", kFatalConfig, ErrorKind::kInvalid},
    {"MissingParameter", kFatalConfig, ErrorKind::kInvalid},
    {"UnknownParameter", kFatalConfig, ErrorKind::kInvalid},
    {"ValidationError", kFatalConfig, ErrorKind::kInvalid},
    {"ValidationException", kFatalConfig, ErrorKind::kInvalid},
    {"MalformedQueryString", kFatalConfig, ErrorKind::kInvalid},
    {"InvalidAMIID.NotFound", kFatalConfig, ErrorKind::kInvalid},
    {"InvalidAMIID.Malformed", kFatalConfig, ErrorKind::kInvalid},
    {"InvalidSubnetID.NotFound", kFatalConfig, ErrorKind::kInvalid},
    {"InvalidGroup.NotFound", kFatalConfig, ErrorKind::kInvalid},
    {"InvalidKeyPair.NotFound", kFatalConfig, ErrorKind::kInvalid},
    {"InvalidBlockDeviceMapping", kFatalConfig, ErrorKind::kInvalid},
    {"IdempotentParameterMismatch", kFatalConfig, ErrorKind::kInvalid},
    {"NoSuchBucket", kFatalConfig, ErrorKind::kInvalid},
    {"IdempotentInstanceTerminated", kNewAttempt, ErrorKind::kConflict},
    {"DryRunOperation", kSuccess, ErrorKind::kConflict},
    {"InvalidInstanceID.NotFound", kAbsent, ErrorKind::kNotFound},
    {"InvalidVolume.NotFound", kAbsent, ErrorKind::kNotFound},
    {"InvalidLaunchTemplateId.NotFound", kAbsent, ErrorKind::kNotFound},
    {"ParameterNotFound", kAbsent, ErrorKind::kNotFound},
    {"ResourceNotFoundException", kAbsent, ErrorKind::kNotFound},
    {"DBClusterNotFoundFault", kAbsent, ErrorKind::kNotFound},
    {"NoSuchResourceException", kAbsent, ErrorKind::kNotFound},
    {"NoSuchKey", kAbsent, ErrorKind::kNotFound},
    {"PreconditionFailed", kTaken, ErrorKind::kConflict},
    {"ConflictException", kTaken, ErrorKind::kConflict},
    {"IncorrectState", kWaitAndRepeat, ErrorKind::kUnavailable},
    {"IncorrectInstanceState", kWaitAndRepeat, ErrorKind::kUnavailable},
    {"DependencyViolation", kWaitAndRepeat, ErrorKind::kUnavailable},
    {"SnapshotCreationPerVolumeRateExceeded", kWaitAndRepeat, ErrorKind::kUnavailable},
    {"ConcurrentSnapshotLimitExceeded", kWaitAndRepeat, ErrorKind::kUnavailable},
    {"PendingSnapshotLimitExceeded", kWaitAndRepeat, ErrorKind::kUnavailable},
    {"InvalidDBClusterStateFault", kWaitAndRepeat, ErrorKind::kUnavailable},
};

class ErrorCode : public testing::TestWithParam<Case> {};

TEST_P(ErrorCode, SaysWhatFollows) {
  const Case& row = GetParam();
  // A status that would say something else, so that it is the code that decides.
  const int misleading = row.kind == ErrorKind::kUnavailable ? 400 : 503;
  const Refusal refusal = Classify(row.code, "Because.", misleading);
  EXPECT_EQ(refusal.reaction, row.reaction) << ReactionName(refusal.reaction);
  EXPECT_EQ(refusal.kind, row.kind);
  const std::string message = ErrorOf(refusal, "ec2 RunInstances").message();
  EXPECT_TRUE(message.starts_with("ec2 RunInstances: " + std::string(row.code) + ": Because.; "))
      << message;
  EXPECT_FALSE(refusal.next_step.empty());
}

INSTANTIATE_TEST_SUITE_P(Every, ErrorCode, testing::ValuesIn(kCases), [](const auto& row) {
  std::string name = row.param.code;
  std::erase(name, '.');
  return name;
});

TEST(ErrorClass, AnUnknownCodeIsJudgedByItsStatus) {
  const std::pair<int, Reaction> kStatuses[] = {
      {500, kRetrySameToken}, {502, kRetrySameToken},   {503, kRetrySameToken},
      {429, kRetrySameToken}, {400, kFatalConfig},      {401, kFatalCredentials},
      {404, kAbsent},         {403, kFatalCredentials}, {412, kTaken},
      {409, kWaitAndRepeat},  {301, kFatalConfig},      {0, kFatalConfig}};
  for (const auto& [status, reaction] : kStatuses) {
    EXPECT_EQ(Classify("NeverHeardOf", "", status).reaction, reaction) << status;
    EXPECT_EQ(Classify("", "", status).code, "HTTP " + std::to_string(status));
  }
}

TEST(ErrorClass, ANewInstanceProfilePassesAndALowPriceIsAPrice) {
  EXPECT_EQ(Classify("InvalidParameterValue",
                     "Value (x) for parameter iamInstanceProfile.name is invalid.", 400)
                .reaction,
            kWaitAndRepeat);
  EXPECT_EQ(Classify("InvalidParameterValue", "The maximum price is too low", 400).reaction,
            kNextPrice);
}

TEST(ErrorClass, ThrottlingAndExpiryAreMarked) {
  EXPECT_TRUE(Classify("RequestLimitExceeded", "", 503).is_throttling);
  EXPECT_TRUE(Classify("ThrottlingException", "", 400).is_throttling);
  EXPECT_TRUE(Classify("", "", 429).is_throttling);
  EXPECT_FALSE(Classify("InternalError", "", 500).is_throttling);
  EXPECT_TRUE(Classify("ExpiredTokenException", "", 400).is_expired);
  EXPECT_TRUE(Classify("AuthFailure", "", 401).is_expired);
  EXPECT_FALSE(Classify("UnauthorizedOperation", "", 403).is_expired);
}

struct Form {
  const char* name;
  HttpResponse response;
};

TEST(ErrorClass, IsReadInEveryFormOfAws) {
  const Form kForms[] = {
      {"ec2",
       {400,
        {},
        "<Response><Errors><Error><Code>AccessDenied</Code><Message>m</Message></Error></Errors>"
        "</Response>"}},
      {"query",
       {400,
        {},
        "<ErrorResponse xmlns=\"u\"><Error><Type>Sender</Type><Code>AccessDenied</Code>"
        "<Message>m</Message></Error></ErrorResponse>"}},
      {"s3", {403, {}, "<Error><Code>AccessDenied</Code><Message>m</Message></Error>"}},
      {"json", {400, {}, R"({"__type":"com.amazonaws.ssm#AccessDenied","message":"m"})"}},
      {"upper json", {400, {}, R"({"__type":"AccessDenied","Message":"m"})"}},
      {"header", {400, {{"X-Amzn-ErrorType", "AccessDenied:http://doc/"}}, R"({"Message":"m"})"}},
  };
  for (const Form& form : kForms) {
    const Refusal refusal = ReadRefusal(form.response);
    EXPECT_EQ(refusal.code, "AccessDenied") << form.name;
    EXPECT_EQ(refusal.message, "m") << form.name;
    EXPECT_EQ(refusal.kind, ErrorKind::kDenied) << form.name;
  }
  EXPECT_EQ(ReadRefusal({503, {}, "<html>Bad gateway"}).reaction, kRetrySameToken);
  EXPECT_EQ(ReadRefusal({404, {}, ""}).reaction, kAbsent);
}

TEST(ErrorClass, WhatAwsQuotesOfTheRequestIsNotShown) {
  const Refusal refusal =
      Classify("SignatureDoesNotMatch",
               "The request signature does not match.\n\nThe Canonical String for this request "
               "should have been 'x-amz-security-token:canary'",
               403);
  EXPECT_EQ(refusal.message, "The request signature does not match.");
  EXPECT_EQ(Classify("UnauthorizedOperation", "No. Encoded authorization failure message: AAA", 403)
                .message,
            "No.");
  EXPECT_LE(Classify("X", std::string(9000, 'x'), 400).message.size(), 400U);
}

}  // namespace
}  // namespace mayfly::aws
