#include "adapters/aws/error_class.h"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>
#include <span>

#include "adapters/aws/xml.h"
#include "base/text.h"

namespace mayfly::aws {
namespace {

using enum Reaction;

struct CodeRow {
  std::string_view code;  // a trailing '*' stands for any rest; the first row that fits decides
  Reaction reaction;
  std::string_view next_step;  // where the reaction's own is not clear enough
};

constexpr std::string_view kClock =
    "check the clock of this machine, then the credentials; nothing else is wrong with them";
constexpr std::string_view kKeys = "check which credentials are used, and renew them";
constexpr std::string_view kLinkedRole =
    "have an administrator create the Spot service-linked role once: "
    "aws iam create-service-linked-role --aws-service-name spot.amazonaws.com";
constexpr std::string_view kSpotQuota =
    "a Spot vCPU quota (L-34B43A08 for standard families); mayfly tries smaller types and "
    "On-Demand "
    "where allowed, else ask for more at Service Quotas";
constexpr std::string_view kOnDemandQuota =
    "an On-Demand vCPU quota (L-1216C47A for standard families); take a smaller type, or ask for "
    "more at Service Quotas";
constexpr std::string_view kImage = "check the image: it must exist in this region";
constexpr std::string_view kNoAgent =
    "SSM reaches no agent there: it needs the agent, a role with AmazonSSMManagedInstanceCore, and "
    "a way out to port 443";
constexpr std::string_view kProfile = "an instance profile may be unknown for a minute after birth";

constexpr auto kCodes = std::to_array<CodeRow>({
    // Again, with the same token.
    {"RequestLimitExceeded", kRetrySameToken},
    {"Throttling*", kRetrySameToken},
    {"EC2ThrottledException", kRetrySameToken},
    {"ThrottledException", kRetrySameToken},
    {"TooManyRequestsException", kRetrySameToken},
    {"RequestThrottled*", kRetrySameToken},
    {"PriorRequestNotComplete", kRetrySameToken},
    {"BandwidthLimitExceeded", kRetrySameToken},
    {"SlowDown", kRetrySameToken},
    {"InternalError", kRetrySameToken},
    {"InternalFailure", kRetrySameToken},
    {"InternalServerError", kRetrySameToken},
    {"InternalServerException", kRetrySameToken},
    {"InternalServiceError*", kRetrySameToken},
    {"InternalServiceException", kRetrySameToken},
    {"InternalErrorException", kRetrySameToken},
    {"ServerInternal", kRetrySameToken},
    {"ServiceException", kRetrySameToken},
    {"ServiceUnavailable*", kRetrySameToken},
    {"Unavailable", kRetrySameToken},
    {"RequestTimeout*", kRetrySameToken},
    {"ConditionalRequestConflict", kRetrySameToken},
    {"OperationAborted", kRetrySameToken},
    // The next pool.
    {"InsufficientInstanceCapacity", kNextPool},
    {"UnfulfillableCapacity", kNextPool},
    {"InsufficientCapacity", kNextPool},
    {"InsufficientHostCapacity", kNextPool},
    {"InsufficientCapacityOnHost", kNextPool},
    {"InsufficientReservedInstanceCapacity", kNextPool},
    {"InsufficientAddressCapacity", kNextPool},
    {"InsufficientVolumeCapacity", kNextPool},
    {"Unsupported", kNextPool},
    {"UnsupportedOperation", kNextPool},
    {"VolumeTypeNotAvailableInZone", kNextPool},
    {"ReservationCapacityExceeded", kNextPool},
    {"InsufficientFreeAddressesInSubnet", kNextSubnet},
    {"SpotMaxPriceTooLow", kNextPrice},
    // Quotas.
    {"MaxSpotInstanceCountExceeded", kSkipMarketAndFamily, kSpotQuota},
    {"MaxSpotFleetRequestCountExceeded", kSkipMarketAndFamily, kSpotQuota},
    {"VcpuLimitExceeded", kSkipMarketAndFamily, kOnDemandQuota},
    {"InstanceLimitExceeded", kSkipMarketAndFamily, kOnDemandQuota},
    {"MaxFleetCountExceeded", kSkipMarketAndFamily, "delete fleets that are left over"},
    {"VolumeLimitExceeded", kSkipMarketAndFamily, "the quota of volume storage; delete volumes"},
    {"AddressLimitExceeded", kSkipMarketAndFamily, "the quota of addresses; release some"},
    {"NetworkInterfaceLimitExceeded", kSkipMarketAndFamily, "the quota of network interfaces"},
    {"MaxConfigLimitExceeded*", kSkipMarketAndFamily, "placement scores: no new question today"},
    {"TargetCapacityLimitExceeded*", kSkipMarketAndFamily, "placement scores: ask for less"},
    {"ServiceQuotaExceededException", kSkipMarketAndFamily},
    // Who we are, and what we may.
    {"AuthFailure.ServiceLinkedRoleCreationNotPermitted", kFatalCredentials, kLinkedRole},
    {"AuthFailure*", kFatalCredentials, kKeys},
    {"InvalidClientTokenId", kFatalCredentials, kKeys},
    {"InvalidAccessKeyId", kFatalCredentials, kKeys},
    {"UnrecognizedClientException", kFatalCredentials, kKeys},
    {"SignatureDoesNotMatch", kFatalCredentials, kKeys},
    {"InvalidSignatureException", kFatalCredentials, kKeys},
    {"IncompleteSignature*", kFatalCredentials, kKeys},
    {"ExpiredToken*", kFatalCredentials, kKeys},
    {"InvalidToken", kFatalCredentials, kKeys},
    {"RequestExpired", kFatalCredentials, kClock},
    {"RequestTimeTooSkewed", kFatalCredentials, kClock},
    {"RequestInTheFuture", kFatalCredentials, kClock},
    {"UnauthorizedOperation", kFatalCredentials},
    {"NotAuthorized", kFatalCredentials},
    {"AccessDenied*", kFatalCredentials},
    {"Forbidden*", kFatalCredentials},
    {"OptInRequired", kFatalCredentials, "switch the service or region on for this account"},
    {"PendingVerification", kFatalCredentials, "AWS is still checking this account; wait for it"},
    {"Blocked", kFatalCredentials, "AWS has blocked this account; ask its support"},
    {"MissingAuthenticationToken*", kFatalCredentials, kKeys},
    {"DecryptionFailure", kFatalCredentials, "allow kms:Decrypt with the key of the secret"},
    // Our bug, or our user's.
    {"InvalidAMIID.*", kFatalConfig, kImage},
    {"InvalidSubnetID.NotFound", kFatalConfig, "check the subnet"},
    {"InvalidGroup.NotFound", kFatalConfig, "check the security group"},
    {"InvalidInstanceId", kFatalConfig, kNoAgent},
    {"OperationNotPermitted", kFatalConfig, "somebody protects it; take the protection off first"},
    {"InvalidKeyPair.NotFound", kFatalConfig},
    {"InvalidBlockDeviceMapping", kFatalConfig, "check the machine's disk"},
    {"InvalidParameterValue", kFatalConfig},
    {"InvalidParameterCombination", kFatalConfig},
    {"InvalidParameter*", kFatalConfig},
    {"MissingParameter", kFatalConfig},
    {"UnknownParameter", kFatalConfig},
    {"ValidationError", kFatalConfig},
    {"ValidationException", kFatalConfig},
    {"MalformedQueryString", kFatalConfig},
    {"InvalidAction", kFatalConfig},
    {"InvalidRequest*", kFatalConfig},
    {"IdempotentParameterMismatch", kFatalConfig},
    {"NoSuchBucket", kFatalConfig, "check the name and the region of the bucket"},
    {"PermanentRedirect", kFatalConfig, "the bucket is in another region"},
    {"AuthorizationHeaderMalformed", kFatalConfig, "the request was signed for another region"},
    // Answers.
    {"IdempotentInstanceTerminated", kNewAttempt},
    {"DryRunOperation", kSuccess},
    {"*NotFound", kAbsent},
    {"*NotFoundFault", kAbsent},
    {"*NotFoundException", kAbsent},
    {"NoSuchKey", kAbsent},
    {"InvocationDoesNotExist", kAbsent},
    {"NoSuchUpload", kAbsent},
    {"NoSuchResourceException", kAbsent},
    {"InvalidSpotInstanceRequestID.NotFound", kAbsent},
    {"PreconditionFailed", kTaken},
    {"ConflictException", kTaken},
    {"*AlreadyExistsException", kTaken},
    {"ResourceAlreadyExists*", kTaken},
    // States that pass.
    {"IncorrectState", kWaitAndRepeat},
    {"IncorrectInstanceState", kWaitAndRepeat},
    {"DependencyViolation", kWaitAndRepeat},
    {"VolumeInUse", kWaitAndRepeat},
    {"InvalidIPAddress.InUse", kWaitAndRepeat},
    {"InvalidSnapshot.InUse", kWaitAndRepeat},
    {"InvalidGroup.InUse", kWaitAndRepeat},
    {"SnapshotCreationPerVolumeRateExceeded", kWaitAndRepeat},
    {"ConcurrentSnapshotLimitExceeded", kWaitAndRepeat},
    {"PendingSnapshotLimitExceeded", kWaitAndRepeat},
    {"InvalidDBClusterStateFault", kWaitAndRepeat},
});

struct ReactionRow {
  Reaction reaction;
  std::string_view name;
  ErrorKind kind;
  std::string_view next_step;
};

constexpr auto kReactions = std::to_array<ReactionRow>({
    {kRetrySameToken, "retry", ErrorKind::kUnavailable, "it is asked again"},
    {kNextPool, "next pool", ErrorKind::kExhausted, "try another type, zone or market"},
    {kNextSubnet, "next subnet", ErrorKind::kExhausted,
     "the subnet has no free address; try another"},
    {kNextPrice, "next price", ErrorKind::kExhausted, "raise the highest price, or set none"},
    {kSkipMarketAndFamily, "skip market and family", ErrorKind::kExhausted,
     "a quota of the account; take less, or ask for more at Service Quotas"},
    {kFatalCredentials, "fatal credentials", ErrorKind::kDenied,
     "grant the permission that the message names, then go on"},
    {kFatalConfig, "fatal config", ErrorKind::kInvalid, "correct what the message names"},
    {kNewAttempt, "new attempt", ErrorKind::kConflict, "ask with the token of a new attempt"},
    {kSuccess, "success", ErrorKind::kConflict, "it is what was wanted"},
    {kAbsent, "absent", ErrorKind::kNotFound, "it does not exist, or not yet"},
    {kTaken, "taken", ErrorKind::kConflict, "it exists already"},
    {kWaitAndRepeat, "wait and repeat", ErrorKind::kUnavailable, "it passes; ask again later"},
});

const ReactionRow& RowOf(Reaction reaction) {
  for (const ReactionRow& row : kReactions) {
    if (row.reaction == reaction) return row;
  }
  return kReactions.front();
}

bool Matches(std::string_view pattern, std::string_view code) {
  if (pattern.ends_with('*')) return code.starts_with(pattern.substr(0, pattern.size() - 1));
  if (pattern.starts_with('*')) return code.ends_with(pattern.substr(1));
  return code == pattern;
}

const CodeRow* RowOf(std::string_view code) {
  for (const CodeRow& row : kCodes) {
    if (Matches(row.code, code)) return &row;
  }
  return nullptr;
}

Reaction ReactionToStatus(int status) {
  if (status >= 500 || status == 429 || status == 408) return kRetrySameToken;
  if (status == 401 || status == 403 || status == 407) return kFatalCredentials;
  if (status == 404 || status == 410) return kAbsent;
  if (status == 409) return kWaitAndRepeat;
  if (status == 412) return kTaken;
  return kFatalConfig;
}

bool Has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// Without what AWS quotes of our request or encodes for administrators, and not without an end.
std::string Shorten(std::string_view message) {
  for (std::string_view quote : {"\n", "The Canonical String", "Encoded authorization failure"}) {
    message = message.substr(0, message.find(quote));
  }
  constexpr std::size_t kLongest = 400;
  return std::string(Trim(message.substr(0, kLongest)));
}

bool IsThrottling(std::string_view code) {
  constexpr auto kWords = std::to_array<std::string_view>(
      {"Throttl", "RequestLimitExceeded", "TooManyRequests", "SlowDown", "BandwidthLimit"});
  for (std::string_view word : kWords) {
    if (Has(code, word)) return true;
  }
  return false;
}

bool IsExpired(std::string_view code) {
  constexpr auto kPrefixes = std::to_array<std::string_view>(
      {"ExpiredToken", "InvalidToken", "RequestExpired", "InvalidClientTokenId",
       "UnrecognizedClientException", "InvalidAccessKeyId"});
  for (std::string_view prefix : kPrefixes) {
    if (code.starts_with(prefix)) return true;
  }
  return code == "AuthFailure";
}

struct CodeAndMessage {
  std::string code, message;
};

CodeAndMessage FromXml(const std::string& body) {
  // Response/Errors/Error, ErrorResponse/Error, Error: EC2, the other Query services, S3.
  for (std::string_view root : {"Response", "ErrorResponse", "Error"}) {
    Result<XmlAnswer> answer = XmlAnswer::Parse(body, root);
    if (!answer.ok()) continue;
    for (std::string_view path : {"Errors/Error/", "Error/", ""}) {
      const std::string prefix(path);
      std::string code = Text(answer->root(), prefix + "Code");
      if (!code.empty()) return {std::move(code), Text(answer->root(), prefix + "Message")};
    }
  }
  return {};
}

std::string StringOf(const nlohmann::json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

// "com.amazonaws.ssm#ParameterNotFound:http://…" is a ParameterNotFound.
std::string BareCode(std::string code) {
  code.erase(std::min(code.find(':'), code.size()));
  if (const std::size_t hash = code.rfind('#'); hash != std::string::npos) code.erase(0, hash + 1);
  return code;
}

CodeAndMessage FromJson(const HttpResponse& response) {
  CodeAndMessage found;
  found.code = BareCode(response.header("x-amzn-errortype").value_or(""));
  const nlohmann::json body = nlohmann::json::parse(response.body, nullptr, false);
  if (!body.is_object()) return found;
  for (const char* name : {"__type", "code", "Code"}) {
    if (found.code.empty()) found.code = BareCode(StringOf(body, name));
  }
  for (const char* name : {"message", "Message"}) {
    if (found.message.empty()) found.message = StringOf(body, name);
  }
  return found;
}

}  // namespace

std::string_view ReactionName(Reaction reaction) { return RowOf(reaction).name; }

Refusal Classify(std::string_view code, std::string_view message, int http_status) {
  const CodeRow* row = RowOf(code);
  Reaction reaction = row != nullptr ? row->reaction : ReactionToStatus(http_status);
  std::string_view next_step = row != nullptr ? row->next_step : "";
  const bool is_new_profile = code == "InvalidParameterValue" && Has(message, "iamInstanceProfile");
  if (is_new_profile || (code == "InvalidParameterValue" && Has(message, "Invalid IAM Instance"))) {
    reaction = kWaitAndRepeat;
    next_step = kProfile;
  }
  if (code == "InvalidParameterValue" && Has(message, "maximum price")) reaction = kNextPrice;
  const ReactionRow& general = RowOf(reaction);
  Refusal refusal;
  refusal.code = code.empty() ? fmt::format("HTTP {}", http_status) : std::string(code);
  refusal.message = Shorten(message);
  refusal.reaction = reaction;
  refusal.kind = general.kind;
  refusal.next_step = next_step.empty() ? general.next_step : next_step;
  refusal.is_throttling = IsThrottling(code) || (row == nullptr && http_status == 429);
  refusal.is_expired = IsExpired(code);
  return refusal;
}

Refusal ReadRefusal(const HttpResponse& response) {
  CodeAndMessage found = FromXml(response.body);
  if (found.code.empty()) found = FromJson(response);
  return Classify(found.code, found.message, response.status);
}

Error ErrorOf(const Refusal& refusal, std::string_view what) {
  const std::string said = refusal.message.empty() ? "" : ": " + refusal.message;
  return {refusal.kind, fmt::format("{}: {}{}; {}", what, refusal.code, said, refusal.next_step)};
}

}  // namespace mayfly::aws
