#include "sim/ec2/wire/simulator.h"

#include <fmt/format.h>

#include "base/text.h"
#include "sim/ec2/launch.h"
#include "sim/ec2/wire/auth.h"
#include "sim/ec2/wire/control.h"
#include "sim/ec2/wire/ec2_actions.h"
#include "sim/ec2/wire/json_services.h"
#include "sim/ec2/wire/metadata.h"
#include "sim/ec2/wire/query_services.h"
#include "sim/ec2/wire/s3.h"
#include "sim/ec2/wire/text.h"

namespace mayfly::ec2 {
namespace {

using Json = nlohmann::json;

// A signed call, as far as it could be read.
struct Call {
  std::string service;  // ec2, sts, rds, s3, scheduler, or json
  std::string action;
  Params params;  // ec2, sts, rds
};

std::string Header(const HttpRequest& request, const std::string& name) {
  const auto found = request.headers.find(name);
  return found == request.headers.end() ? std::string() : found->second;
}

// The verb of S3 that the request is, by the names of its documentation.
std::string S3Action(const HttpRequest& request) {
  const std::string of_upload = UploadAction(request);
  if (!of_upload.empty()) return of_upload;
  const std::string path = request.target.substr(0, request.target.find('?'));
  const bool is_object = path.find('/', 1) != std::string::npos && path.back() != '/';
  if (request.method == "PUT") return is_object ? "PutObject" : "CreateBucket";
  if (request.method == "HEAD") return is_object ? "HeadObject" : "HeadBucket";
  if (request.method == "DELETE") return is_object ? "DeleteObject" : "DeleteBucket";
  return is_object ? "GetObject" : "ListObjectsV2";
}

std::string SchedulerAction(const HttpRequest& request) {
  if (request.method == "POST") return "CreateSchedule";
  if (request.method == "PUT") return "UpdateSchedule";
  if (request.method == "DELETE") return "DeleteSchedule";
  const std::string path = request.target.substr(0, request.target.find('?'));
  return path.find('/', 1) == std::string::npos ? "ListSchedules" : "GetSchedule";
}

Call ReadCall(const HttpRequest& request, const std::string& service) {
  Call call{.service = service};
  const std::string target = Header(request, "x-amz-target");
  if (!target.empty()) {
    call.service = "json";
    call.action = target.substr(target.rfind('.') + 1);
  } else if (service == "s3") {
    call.action = S3Action(request);
  } else if (service == "scheduler") {
    call.action = SchedulerAction(request);
  } else {
    call.params = Params::Read(request.body);
    call.action = call.params.Text("Action");
  }
  return call;
}

HttpReply JsonReply(const Answer<Json>& answer) {
  HttpReply reply{.content_type = "application/x-amz-json-1.1"};
  if (answer.ok()) {
    reply.body = answer->dump();
    return reply;
  }
  reply.status = answer.error().status;
  reply.headers = {{"x-amzn-ErrorType", answer.error().code}};
  // One service reads the first, another the second.
  reply.body = Json{{"__type", answer.error().code},
                    {"message", answer.error().message},
                    {"Message", answer.error().message}}
                   .dump();
  return reply;
}

HttpReply QueryRefusal(const std::string& service, const Refusal& why) {
  if (service == "sts" || service == "rds" || service == "monitoring") return RefuseQuery(why);
  HttpReply reply{.status = why.status};
  const std::string error = fmt::format("<Error><Code>{}</Code><Message>{}</Message></Error>",
                                        EscapeXml(why.code), EscapeXml(why.message));
  reply.body =
      fmt::format("<Response><Errors>{}</Errors><RequestID>0</RequestID></Response>", error);
  return reply;
}

HttpReply Refuse(const Call& call, const Refusal& why) {
  if (call.service == "json" || call.service == "scheduler") return JsonReply(why);
  if (call.service == "s3") return RefuseS3(why);
  return QueryRefusal(call.service, why);
}

HttpReply AnswerCall(Services& services, const HttpRequest& request, const Call& call) {
  if (call.service == "s3") return AnswerS3(services, request);
  if (call.service == "scheduler") return JsonReply(AnswerScheduler(services, request));
  if (call.service == "sts") return AnswerSts(services, call.params);
  if (call.service == "rds") return AnswerRds(services, call.params);
  if (call.service == "monitoring") return AnswerCloudWatch(services, call.params);
  if (call.service == "ec2") return AnswerEc2(services, call.params);
  if (call.service != "json") {
    return QueryRefusal(call.service,
                        {"InvalidAction", "There is no service " + call.service, 404});
  }
  const Json body = Json::parse(request.body.empty() ? "{}" : request.body, nullptr, false);
  if (!body.is_object()) {
    return JsonReply(Refusal{"SerializationException", "The body is no JSON object"});
  }
  return JsonReply(AnswerJson(services, call.action, body));
}

HttpReply MeetFaults(Services& services, const HttpRequest& request, const Call& call) {
  const CallRule* fault = MeetFault(services.cloud, call.action, nullptr);
  if (fault == nullptr) return AnswerCall(services, request, call);
  if (fault->effect == CallEffect::kRefuse) return Refuse(call, fault->refusal);
  if (fault->effect == CallEffect::kNotSent) return {.status = 0, .is_lost = true};
  const CallRule met = *fault;
  HttpReply reply = AnswerCall(services, request, call);
  reply.is_lost = met.effect == CallEffect::kNoReply;
  if (met.effect == CallEffect::kSlow) reply.late = met.late;
  return reply;
}

// The code of a refusal out of its answer, whatever the protocol.
std::string CodeOf(const HttpReply& reply) {
  if (reply.is_lost) return "(lost)";
  if (reply.status < 300) return {};
  for (const auto& [name, value] : reply.headers) {
    if (name == "x-amzn-ErrorType") return value;
  }
  const auto from = reply.body.find("<Code>");
  const auto to = reply.body.find("</Code>");
  if (from == std::string::npos || to == std::string::npos) return {};
  return reply.body.substr(from + 6, to - from - 6);
}

void Remember(Services& services, const Call& call, const HttpReply& reply) {
  if (services.calls.size() >= kCallsKept) services.calls.erase(services.calls.begin());
  services.calls.push_back(
      {services.cloud.now, call.service, call.action, reply.status, CodeOf(reply)});
}

// Before the signature can be read, the form of a refusal is guessed from the request.
std::string GuessService(const HttpRequest& request) {
  if (!Header(request, "x-amz-target").empty()) return "json";
  const bool is_form = request.method == "POST" && request.target.size() <= 1;
  return is_form ? "ec2" : "s3";
}

}  // namespace

HttpReply Handle(Services& services, const HttpRequest& request) {
  AdvanceTo(services, services.time.At(request.wall));
  ++services.requests;
  if (request.target.starts_with(kControlPath)) return AnswerControl(services, request);
  if (request.target.starts_with(kMetadataPath)) return AnswerMetadata(services, request);
  const Answer<Signer> signer = ReadSignature(request);
  const Call call = ReadCall(request, signer.ok() ? signer->service : GuessService(request));
  const HttpReply reply =
      signer.ok() ? MeetFaults(services, request, call) : Refuse(call, signer.error());
  Remember(services, call, reply);
  return reply;
}

}  // namespace mayfly::ec2
