// Multipart uploads of S3: what they leave when nobody finishes them.

#include <fmt/format.h>

#include <charconv>

#include "sim/ec2/wire/params.h"
#include "sim/ec2/wire/s3.h"
#include "sim/ec2/wire/text.h"

namespace mayfly::ec2 {
namespace {

struct Asked {
  std::string bucket, key, query;
  bool Names(std::string_view word) const {  // "?uploads", "&uploads="
    return ("&" + query).find("&" + std::string(word)) != std::string::npos;
  }
};

Asked ReadAsked(const std::string& target) {
  const auto question = std::min(target.find('?'), target.size());
  const std::string path = target.substr(0, question);
  const auto slash = std::min(path.find('/', 1), path.size());
  return {PercentDecode(path.substr(1, slash - 1), false),
          slash < path.size() ? PercentDecode(path.substr(slash + 1), false) : std::string(),
          question < target.size() ? target.substr(question + 1) : std::string()};
}

HttpReply Xmled(const Xml& xml) {
  return {.content_type = "application/xml",
          .body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + xml.text()};
}

HttpReply NoUpload() {
  return RefuseS3({"NoSuchUpload", "The specified upload does not exist.", 404});
}

HttpReply Begin(Services& services, const Asked& asked) {
  const std::string id = MakeId(services.cloud, "upload-");
  services.uploads[id] = {
      .bucket = asked.bucket, .key = asked.key, .initiated = services.cloud.now};
  Xml xml;
  xml.Open("InitiateMultipartUploadResult")
      .Leaf("Bucket", asked.bucket)
      .Leaf("Key", asked.key)
      .Leaf("UploadId", id)
      .Close("InitiateMultipartUploadResult");
  return Xmled(xml);
}

HttpReply PutPart(Upload& upload, int number, const std::string& body) {
  upload.parts[number] = body;
  return {.headers = {{"ETag", fmt::format("\"{:032x}\"", number)}}};
}

// Whole: no bucket of a test has more than a page of them.
HttpReply ListUploads(const Services& services, const Asked& asked) {
  const std::string prefix = Params::Read(asked.query).Text("prefix");
  Xml xml;
  xml.Open("ListMultipartUploadsResult").Leaf("Bucket", asked.bucket).Leaf("Prefix", prefix);
  xml.Flag("IsTruncated", false);
  for (const auto& [id, upload] : services.uploads) {
    if (upload.bucket != asked.bucket || !upload.key.starts_with(prefix)) continue;
    xml.Open("Upload")
        .Leaf("Key", upload.key)
        .Leaf("UploadId", id)
        .Leaf("StorageClass", "STANDARD")
        .Leaf("Initiated", Stamp(upload.initiated))
        .Close("Upload");
  }
  return Xmled(xml.Close("ListMultipartUploadsResult"));
}

HttpReply ListParts(const std::string& id, const Upload& upload) {
  Xml xml;
  xml.Open("ListPartsResult").Leaf("Bucket", upload.bucket).Leaf("Key", upload.key);
  xml.Leaf("UploadId", id).Flag("IsTruncated", false);
  for (const auto& [number, bytes] : upload.parts) {
    xml.Open("Part")
        .Number("PartNumber", number)
        .Number("Size", static_cast<std::int64_t>(bytes.size()))
        .Close("Part");
  }
  return Xmled(xml.Close("ListPartsResult"));
}

}  // namespace

std::string UploadAction(const HttpRequest& request) {
  const Asked asked = ReadAsked(request.target);
  if (asked.Names("uploads")) {
    return request.method == "POST" ? "CreateMultipartUpload" : "ListMultipartUploads";
  }
  if (!asked.Names("uploadId=")) return {};
  if (request.method == "PUT") return "UploadPart";
  return request.method == "DELETE" ? "AbortMultipartUpload" : "ListParts";
}

std::optional<HttpReply> AnswerUploads(Services& services, const HttpRequest& request) {
  const std::string action = UploadAction(request);
  if (action.empty()) return std::nullopt;
  const Asked asked = ReadAsked(request.target);
  if (!services.buckets.contains(asked.bucket)) {
    return RefuseS3({"NoSuchBucket", "The specified bucket does not exist", 404});
  }
  if (action == "CreateMultipartUpload") return Begin(services, asked);
  if (action == "ListMultipartUploads") return ListUploads(services, asked);
  const Params query = Params::Read(asked.query);
  const auto found = services.uploads.find(query.Text("uploadId"));
  if (found == services.uploads.end()) return NoUpload();
  if (action == "ListParts") return ListParts(found->first, found->second);
  if (action == "AbortMultipartUpload") {
    services.uploads.erase(found);
    return HttpReply{.status = 204};
  }
  const Answer<std::int64_t> number = query.Number("partNumber", 1);
  if (!number.ok()) return RefuseS3(number.error());
  return PutPart(found->second, static_cast<int>(*number), request.body);
}

}  // namespace mayfly::ec2
