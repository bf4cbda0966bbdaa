#include "adapters/aws/quotas.h"

#include <array>

#include "adapters/aws/json_call.h"

namespace mayfly::aws {
namespace {

using enum QuotaRequestState;

constexpr JsonService kService{Service::kServiceQuotas, "ServiceQuotasV20190624"};
constexpr int kMostPages = 50;

struct StateRow {
  QuotaRequestState state;
  std::string_view name;
  bool is_decided;
};
constexpr auto kStates = std::to_array<StateRow>({{kPending, "PENDING", false},
                                                  {kCaseOpened, "CASE_OPENED", false},
                                                  {kApproved, "APPROVED", true},
                                                  {kDenied, "DENIED", true},
                                                  {kCaseClosed, "CASE_CLOSED", true},
                                                  {kNotApproved, "NOT_APPROVED", true},
                                                  {kInvalidRequest, "INVALID_REQUEST", true}});

const StateRow* RowOf(QuotaRequestState state) {
  for (const StateRow& row : kStates) {
    if (row.state == state) return &row;
  }
  return nullptr;
}

Result<Quota> ParseQuota(const nlohmann::json& answer) {
  const nlohmann::json& json = Field(answer, "Quota");
  Quota quota;
  TRY_ASSIGN(quota.code, NeedTextField(json, "QuotaCode"));
  TRY_ASSIGN(quota.value, NeedNumberField(json, "Value"));
  quota.name = TextField(json, "QuotaName");
  quota.unit = TextField(json, "Unit");
  quota.is_adjustable = Field(json, "Adjustable") == true;
  return quota;
}

// JSON 1.1 has times as seconds since 1970.
std::optional<Instant> TimeField(const nlohmann::json& json, std::string_view key) {
  const nlohmann::json& value = Field(json, key);
  constexpr double kYear3000 = 32'503'680'000;
  if (!value.is_number() || !(value.get<double>() > 0) || value.get<double>() > kYear3000) {
    return std::nullopt;
  }
  return Instant(Duration(static_cast<std::int64_t>(value.get<double>() * 1e6)));
}

Result<QuotaRequest> ParseRequest(const nlohmann::json& json) {
  QuotaRequest request;
  TRY_ASSIGN(request.id, NeedTextField(json, "Id"));
  TRY_ASSIGN(request.desired, NeedNumberField(json, "DesiredValue"));
  TRY_ASSIGN(const std::string state, NeedTextField(json, "Status"));
  request.case_id = TextField(json, "CaseId");
  request.created = TimeField(json, "Created");
  request.updated = TimeField(json, "LastUpdated");
  for (const StateRow& row : kStates) {
    if (row.name != state) continue;
    request.state = row.state;
    return request;
  }
  return Corrupt("a quota request is in the state '" + state + "', which mayfly does not know");
}

}  // namespace

std::string_view QuotaRequestStateName(QuotaRequestState state) {
  const StateRow* row = RowOf(state);
  return row == nullptr ? "" : row->name;
}

bool IsDecided(QuotaRequestState state) {
  const StateRow* row = RowOf(state);
  return row != nullptr && row->is_decided;
}

Result<Quota> GetServiceQuota(Caller& caller, const std::string& service_code,
                              const std::string& quota_code) {
  const nlohmann::json question{{"ServiceCode", service_code}, {"QuotaCode", quota_code}};
  Result<nlohmann::json> answer = AskJson(caller, kService, "GetServiceQuota", question);
  const bool is_absent = !answer.ok() && answer.error().kind() == ErrorKind::kNotFound;
  if (is_absent) answer = AskJson(caller, kService, "GetAWSDefaultServiceQuota", question);
  if (!answer.ok()) return answer.error();
  Result<Quota> quota = ParseQuota(*answer);
  if (!quota.ok()) return quota.error().Within("servicequotas GetServiceQuota " + quota_code);
  return quota;
}

Result<std::vector<QuotaRequest>> ListQuotaRequests(Caller& caller, const std::string& service_code,
                                                    const std::string& quota_code) {
  const std::string operation = "ListRequestedServiceQuotaChangeHistoryByQuota";
  nlohmann::json question{{"ServiceCode", service_code}, {"QuotaCode", quota_code}};
  std::vector<QuotaRequest> requests;
  for (int page = 0; page < kMostPages; ++page) {
    TRY_ASSIGN(const nlohmann::json answer, AskJson(caller, kService, operation, question));
    const nlohmann::json& list = Field(answer, "RequestedQuotas");
    if (!list.is_array()) return Corrupt("servicequotas " + operation + ": no list in the answer");
    for (const nlohmann::json& item : list) {
      TRY_ASSIGN(QuotaRequest request, ParseRequest(item));
      requests.push_back(std::move(request));
    }
    const std::string token = TextField(answer, "NextToken");
    if (token.empty()) return requests;
    question["NextToken"] = token;
  }
  return Exhausted("servicequotas " + operation + ": too many pages");
}

}  // namespace mayfly::aws
