#include "sim/ec2/wire/s3.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "base/text.h"
#include "sim/ec2/wire/params.h"
#include "sim/ec2/wire/text.h"

namespace mayfly::ec2 {
namespace {

struct Place {
  std::string bucket;
  std::string key;
  std::string query;
};

Place ReadPlace(const std::string& target) {
  const auto question = std::min(target.find('?'), target.size());
  const std::string path = target.substr(0, question);
  const auto slash = std::min(path.find('/', 1), path.size());
  return {PercentDecode(path.substr(1, slash - 1), false),
          slash < path.size() ? PercentDecode(path.substr(slash + 1), false) : std::string(),
          question < target.size() ? target.substr(question + 1) : std::string()};
}

std::string Header(const HttpRequest& request, const std::string& name) {
  const auto found = request.headers.find(name);
  return found == request.headers.end() ? std::string() : found->second;
}

// A name of the bytes; real ones are MD5 for small objects, and nobody may count on it.
std::string ETag(const Object& object) {
  return fmt::format("\"{:016x}{:016x}\"", Fnv1a(object.bytes), Fnv1a(object.bytes, 1));
}

// A body in signed chunks: "SIZE[;extension]\r\n", bytes, "\r\n", up to one of size 0 and trailers.
Answer<std::string> ReadChunks(std::string_view body) {
  std::string bytes;
  while (true) {
    const auto line = body.find("\r\n");
    std::size_t size = 0;
    const auto parsed = std::from_chars(body.data(), body.data() + body.size(), size, 16);
    if (line == std::string_view::npos || parsed.ec != std::errc()) {
      return Refusal{"IncompleteBody", "The chunks of the body cannot be read"};
    }
    if (size == 0) return bytes;
    if (body.size() < line + 2 + size + 2) {
      return Refusal{"IncompleteBody", "The body is shorter than its chunks say"};
    }
    bytes += body.substr(line + 2, size);
    body.remove_prefix(line + 2 + size + 2);
  }
}

Refusal NoKey() { return {"NoSuchKey", "The specified key does not exist.", 404}; }

using Bucket = std::map<std::string, Object>;

// A digest of nothing but zeros is nobody's: the others are not computed here.
bool IsWrongDigest(const std::string& digest) { return digest == "AAAAAAAAAAAAAAAAAAAAAA=="; }

HttpReply Put(Services& services, const HttpRequest& request, const std::string& key,
              Bucket& bucket) {
  if (IsWrongDigest(Header(request, "content-md5"))) {
    return RefuseS3(
        {"BadDigest", "The Content-MD5 you specified did not match what we received.", 400});
  }
  const bool only_if_absent = Header(request, "if-none-match") == "*";
  if (only_if_absent && bucket.contains(key)) {
    return RefuseS3({"PreconditionFailed",
                     "At least one of the pre-conditions you specified did not hold", 412});
  }
  Object object{.bytes = request.body,
                .content_type = Header(request, "content-type"),
                .written = services.cloud.now};
  for (const auto& [name, value] : request.headers) {
    if (name.starts_with("x-amz-meta-")) object.metadata.emplace_back(name, value);
  }
  if (Header(request, "content-encoding").find("aws-chunked") != std::string::npos) {
    Answer<std::string> bytes = ReadChunks(request.body);
    if (!bytes.ok()) return RefuseS3(bytes.error());
    object.bytes = *std::move(bytes);
  }
  HttpReply reply{.headers = {{"ETag", ETag(object)}}};
  bucket[key] = std::move(object);
  return reply;
}

HttpReply Get(const std::string& key, const Bucket& bucket) {
  const auto found = bucket.find(key);
  if (found == bucket.end()) return RefuseS3(NoKey());
  const Object& object = found->second;
  HttpReply reply{.content_type = object.content_type, .body = object.bytes};
  if (reply.content_type.empty()) reply.content_type = "binary/octet-stream";
  reply.headers = {{"ETag", ETag(object)}, {"Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT"}};
  reply.headers.insert(reply.headers.end(), object.metadata.begin(), object.metadata.end());
  return reply;
}

std::string ObjectXml(const std::string& key, const Object& object) {
  return Xml()
      .Open("Contents")
      .Leaf("Key", key)
      .Leaf("LastModified", Stamp(object.written))
      .Leaf("ETag", ETag(object))
      .Number("Size", static_cast<std::int64_t>(object.bytes.size()))
      .Leaf("StorageClass", "STANDARD")
      .Close("Contents")
      .text();
}

// ListObjectsV2; the continuation token is the last key shown.
HttpReply List(const Place& place, const Bucket& bucket) {
  const Params query = Params::Read(place.query);
  const std::string prefix = query.Text("prefix");
  const std::string delimiter = query.Text("delimiter");
  const std::string after = std::max(query.Text("continuation-token"), query.Text("start-after"));
  const Answer<std::int64_t> most = query.Number("max-keys", 1000);
  if (!most.ok()) return RefuseS3(most.error());
  Xml items;
  std::set<std::string> folders;
  std::string last;
  std::int64_t count = 0;
  bool is_cut = false;
  for (auto it = bucket.upper_bound(after); it != bucket.end() && !is_cut; ++it) {
    const std::string& key = it->first;
    if (!key.starts_with(prefix)) continue;
    if (count == *most) {
      is_cut = true;
      break;
    }
    const auto end = delimiter.empty() ? std::string::npos : key.find(delimiter, prefix.size());
    const bool is_new =
        end == std::string::npos || folders.insert(key.substr(0, end + delimiter.size())).second;
    if (is_new) ++count;
    if (end == std::string::npos) items.Raw(ObjectXml(key, it->second));
    last = key;
  }
  Xml xml;
  xml.Raw("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult>");
  xml.Leaf("Name", place.bucket).Leaf("Prefix", prefix).Number("KeyCount", count);
  xml.Number("MaxKeys", *most).Flag("IsTruncated", is_cut).Raw(items.text());
  for (const std::string& folder : folders) {
    xml.Open("CommonPrefixes").Leaf("Prefix", folder).Close("CommonPrefixes");
  }
  if (is_cut) xml.Leaf("NextContinuationToken", last);
  return {.body = xml.Close("ListBucketResult").text()};
}

HttpReply ListBuckets(const Services& services) {
  Xml xml;
  xml.Raw("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListAllMyBucketsResult><Buckets>");
  for (const auto& [name, objects] : services.buckets) {
    xml.Open("Bucket").Leaf("Name", name).Leaf("CreationDate", "2026-01-01T00:00:00.000Z");
    xml.Close("Bucket");
  }
  return {.body = xml.Raw("</Buckets></ListAllMyBucketsResult>").text()};
}

HttpReply AnswerBucket(Services& services, const HttpRequest& request, const Place& place) {
  const auto found = services.buckets.find(place.bucket);
  if (request.method == "PUT") {
    if (found != services.buckets.end()) {
      return RefuseS3({"BucketAlreadyOwnedByYou", "You own this bucket already.", 409});
    }
    services.buckets[place.bucket];
    return {.headers = {{"Location", "/" + place.bucket}}};
  }
  if (found == services.buckets.end()) {
    return RefuseS3({"NoSuchBucket", "The specified bucket does not exist", 404});
  }
  if (request.method == "HEAD") {
    return {.headers = {{"x-amz-bucket-region", services.cloud.region}}};
  }
  return List(place, found->second);
}

}  // namespace

HttpReply RefuseS3(const Refusal& why) {
  HttpReply reply{.status = why.status, .content_type = "application/xml"};
  reply.body = Xml()
                   .Raw("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>")
                   .Leaf("Code", why.code)
                   .Leaf("Message", why.message)
                   .Close("Error")
                   .text();
  return reply;
}

HttpReply AnswerS3(Services& services, const HttpRequest& request) {
  if (std::optional<HttpReply> reply = AnswerUploads(services, request)) return *reply;
  const Place place = ReadPlace(request.target);
  if (place.bucket.empty()) return ListBuckets(services);
  if (place.key.empty()) return AnswerBucket(services, request, place);
  const auto bucket = services.buckets.find(place.bucket);
  if (bucket == services.buckets.end()) {
    return RefuseS3({"NoSuchBucket", "The specified bucket does not exist", 404});
  }
  if (request.method == "PUT") return Put(services, request, place.key, bucket->second);
  if (request.method == "DELETE") {
    bucket->second.erase(place.key);
    return {.status = 204};
  }
  // The front leaves the body of an answer to HEAD out, and says how long it would have been.
  const bool reads = request.method == "GET" || request.method == "HEAD";
  if (reads) return Get(place.key, bucket->second);
  return RefuseS3({"MethodNotAllowed", "Only PUT, GET, HEAD and DELETE are simulated", 405});
}

}  // namespace mayfly::ec2
