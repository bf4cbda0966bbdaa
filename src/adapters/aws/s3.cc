#include "adapters/aws/s3.h"

#include <fmt/format.h>

#include <charconv>

#include "adapters/aws/xml.h"

namespace mayfly::aws {
namespace {

constexpr int kMostPages = 200;
constexpr std::string_view kDigestHeader = "x-amz-meta-sha256";

Call S3Call(std::string operation, std::string method, const ObjectName& name) {
  Call call;
  call.service = Service::kS3;
  call.operation = std::move(operation);
  call.method = std::move(method);
  call.bucket = name.bucket;
  call.path = "/" + PercentEncodePath(name.key);
  return call;
}

// libcurl 7.88 does not send the digest of the body by itself, and S3 wants it.
void SignBody(Call& call) {
  call.headers.push_back({"x-amz-content-sha256", Sha256Hex(call.body)});
}

std::string Shown(const ObjectName& name) { return "s3://" + name.bucket + "/" + name.key; }

bool IsBucket(std::string_view bucket) {
  return bucket.size() >= 3 && bucket.size() <= 63 &&
         bucket.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-") ==
             std::string_view::npos;
}

Status CheckName(const ObjectName& name) {
  if (!IsBucket(name.bucket)) return Invalid("'" + name.bucket + "' is not the name of a bucket");
  if (!name.key.empty() && name.key.size() <= 1024) return {};
  return Invalid("the key of an object has 1 to 1024 bytes");
}

Result<std::int64_t> BytesOf(const HttpResponse& response) {
  const std::string text = response.header("content-length").value_or("");
  std::int64_t bytes = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), bytes);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size() || bytes < 0) {
    return Corrupt("no Content-Length");
  }
  return bytes;
}

// Whether what is there now is what we would have put.
Status CompareWithThere(Caller& caller, const ObjectName& name, const std::string& digest,
                        const Error& why) {
  Result<ObjectInfo> there = HeadObject(caller, name);
  if (there.ok() && there->sha256 == digest) return {};
  if (there.ok()) return Conflict(Shown(name) + " exists with other bytes; it was left as it is");
  return why;
}

Result<ObjectInfo> ParseObject(pugi::xml_node node) {
  ObjectInfo object;
  TRY_ASSIGN(object.key, NeedText(node, "Key"));
  TRY_ASSIGN(object.bytes, NeedInt(node, "Size"));
  object.etag = Text(node, "ETag");
  return object;
}

}  // namespace

Status PutIfAbsent(Caller& caller, const ObjectName& name, std::string_view bytes) {
  TRY(CheckName(name));
  const std::string digest = Sha256Hex(bytes);
  Call call = S3Call("PutObject", "PUT", name);
  call.effect = Effect::kRepeatable;
  call.body = bytes;
  call.headers = {{"Content-Type", "application/octet-stream"},
                  {"If-None-Match", "*"},
                  {std::string(kDigestHeader), digest}};
  SignBody(call);
  Result<HttpResponse> response = caller.Send(call);
  if (response.ok()) return {};
  const ErrorKind kind = response.error().kind();
  const bool may_be_there = kind == ErrorKind::kConflict || kind == ErrorKind::kAmbiguous;
  if (may_be_there) return CompareWithThere(caller, name, digest, response.error());
  return response.error().Within(Shown(name));
}

Result<std::string> GetObject(Caller& caller, const ObjectName& name) {
  TRY(CheckName(name));
  Call call = S3Call("GetObject", "GET", name);
  SignBody(call);
  Result<HttpResponse> response = caller.Send(call);
  if (!response.ok()) return response.error().Within(Shown(name));
  const std::string digest = response->header(kDigestHeader).value_or("");
  if (!digest.empty() && digest != Sha256Hex(response->body)) {
    return Corrupt(Shown(name) + ": its bytes are not those that were put there");
  }
  return std::move(response->body);
}

Result<ObjectInfo> HeadObject(Caller& caller, const ObjectName& name) {
  TRY(CheckName(name));
  Call call = S3Call("HeadObject", "HEAD", name);
  SignBody(call);
  Result<HttpResponse> response = caller.Send(call);
  if (!response.ok()) return response.error().Within(Shown(name));
  ObjectInfo object;
  object.key = name.key;
  object.etag = response->header("etag").value_or("");
  object.sha256 = response->header(kDigestHeader).value_or("");
  Result<std::int64_t> bytes = BytesOf(*response);
  if (!bytes.ok()) return bytes.error().Within(Shown(name));
  object.bytes = *bytes;
  return object;
}

Result<std::string> HeadBucket(Caller& caller, const std::string& bucket) {
  TRY(CheckName({bucket, "-"}));
  Call call = S3Call("HeadBucket", "HEAD", {bucket, ""});
  SignBody(call);
  TRY_ASSIGN(const Caller::Answer answer, caller.Exchange(call));
  const std::string region = answer.response.header("x-amz-bucket-region").value_or("");
  const bool is_elsewhere = !region.empty() && region != caller.endpoints().region();
  if (is_elsewhere) {
    return Invalid(
        fmt::format("s3://{} is in {}, not in {}", bucket, region, caller.endpoints().region()));
  }
  if (answer.refusal) return ErrorOf(*answer.refusal, "s3 HeadBucket s3://" + bucket);
  return region;
}

Status TryPut(Caller& caller, const ObjectName& name) {
  TRY(CheckName(name));
  Call call = S3Call("PutObject", "PUT", name);
  call.effect = Effect::kRepeatable;
  call.body = "never written";
  call.headers = {{"Content-Type", "application/octet-stream"},
                  {"If-None-Match", "*"},
                  {"Content-MD5", Base64(std::string(16, '\0'))}};
  SignBody(call);
  TRY_ASSIGN(const Caller::Answer answer, caller.Exchange(call));
  if (!answer.refusal) return Conflict(Shown(name) + " was written, whose digest was wrong");
  const std::string& code = answer.refusal->code;
  const bool is_allowed = code == "BadDigest" || code == "PreconditionFailed";
  if (is_allowed) return {};
  return ErrorOf(*answer.refusal, "s3 PutObject " + Shown(name));
}

Result<std::vector<Upload>> ListUploads(Caller& caller, const std::string& bucket,
                                        const std::string& prefix) {
  TRY(CheckName({bucket, "-"}));
  std::vector<Upload> uploads;
  std::string key, id;
  for (int page = 0; page < kMostPages; ++page) {
    Call call = S3Call("ListMultipartUploads", "GET", {bucket, ""});
    if (!id.empty()) call.query.emplace_back("key-marker", key);
    call.query.emplace_back("prefix", prefix);
    if (!id.empty()) call.query.emplace_back("upload-id-marker", id);
    call.query.emplace_back("uploads", "");
    SignBody(call);
    Result<HttpResponse> response = caller.Send(call);
    if (!response.ok()) return response.error().Within("s3://" + bucket + "/" + prefix);
    TRY_ASSIGN(const XmlAnswer answer,
               XmlAnswer::Parse(response->body, "ListMultipartUploadsResult"));
    for (pugi::xml_node node : Items(answer.root(), "", "Upload")) {
      Upload upload;
      TRY_ASSIGN(upload.key, NeedText(node, "Key"));
      TRY_ASSIGN(upload.id, NeedText(node, "UploadId"));
      TRY_ASSIGN(upload.initiated, MaybeInstant(node, "Initiated"));
      uploads.push_back(std::move(upload));
    }
    TRY_ASSIGN(const bool is_cut, NeedBool(answer.root(), "IsTruncated"));
    if (!is_cut) return uploads;
    TRY_ASSIGN(key, NeedText(answer.root(), "NextKeyMarker"));
    TRY_ASSIGN(id, NeedText(answer.root(), "NextUploadIdMarker"));
  }
  return Exhausted("s3 ListMultipartUploads: too many uploads below " + prefix);
}

Result<std::int64_t> MeasureUpload(Caller& caller, const std::string& bucket,
                                   const Upload& upload) {
  std::int64_t bytes = 0;
  std::string marker;
  for (int page = 0; page < kMostPages; ++page) {
    Call call = S3Call("ListParts", "GET", {bucket, upload.key});
    if (!marker.empty()) call.query.emplace_back("part-number-marker", marker);
    call.query.emplace_back("uploadId", upload.id);
    SignBody(call);
    TRY_ASSIGN(const HttpResponse response, caller.Send(call));
    TRY_ASSIGN(const XmlAnswer answer, XmlAnswer::Parse(response.body, "ListPartsResult"));
    for (pugi::xml_node node : Items(answer.root(), "", "Part")) {
      TRY_ASSIGN(const std::int64_t size, NeedInt(node, "Size"));
      bytes += size;
    }
    TRY_ASSIGN(const bool is_cut, NeedBool(answer.root(), "IsTruncated"));
    if (!is_cut) return bytes;
    TRY_ASSIGN(marker, NeedText(answer.root(), "NextPartNumberMarker"));
  }
  return Exhausted("s3 ListParts: too many parts of " + upload.key);
}

Status AbortUpload(Caller& caller, const std::string& bucket, const Upload& upload) {
  Call call = S3Call("AbortMultipartUpload", "DELETE", {bucket, upload.key});
  call.effect = Effect::kRemoving;
  call.query = {{"uploadId", upload.id}};
  SignBody(call);
  TRY(caller.Send(call));
  return {};
}

Result<std::vector<ObjectInfo>> ListObjects(Caller& caller, const std::string& bucket,
                                            const std::string& prefix) {
  TRY(CheckName({bucket, "-"}));
  std::vector<ObjectInfo> objects;
  std::string token;
  for (int page = 0; page < kMostPages; ++page) {
    Call call = S3Call("ListObjectsV2", "GET", {bucket, ""});
    call.query = {{"list-type", "2"}, {"prefix", prefix}};
    if (!token.empty()) call.query.emplace_back("continuation-token", token);
    SignBody(call);
    Result<HttpResponse> response = caller.Send(call);
    if (!response.ok()) return response.error().Within("s3://" + bucket + "/" + prefix);
    TRY_ASSIGN(const XmlAnswer answer, XmlAnswer::Parse(response->body, "ListBucketResult"));
    for (pugi::xml_node node : Items(answer.root(), "", "Contents")) {
      Result<ObjectInfo> object = ParseObject(node);
      if (!object.ok()) return object.error().Within("s3 ListObjectsV2");
      objects.push_back(*std::move(object));
    }
    TRY_ASSIGN(const bool is_cut, NeedBool(answer.root(), "IsTruncated"));
    if (!is_cut) return objects;
    TRY_ASSIGN(token, NeedText(answer.root(), "NextContinuationToken"));
  }
  return Exhausted("s3 ListObjectsV2: more than 200,000 objects below " + prefix);
}

}  // namespace mayfly::aws
