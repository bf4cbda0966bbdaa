#pragma once
// S3: objects that are whole or absent, and never overwritten.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "adapters/aws/caller.h"

namespace mayfly::aws {

struct ObjectName {
  std::string bucket, key;
};

struct ObjectInfo {
  std::string key, etag;
  std::int64_t bytes = 0;
  std::string sha256;  // lower-case hexadecimal; as PutIfAbsent wrote it, else empty
};

// kConflict: there is one of this name with other bytes; it stays. The same bytes again are fine,
// also where the answer to an earlier try was lost.
Status PutIfAbsent(Caller& caller, const ObjectName& name, std::string_view bytes);

// kNotFound: no such object; without the right to list the bucket S3 says kDenied instead.
// kCorrupt: its bytes are not those that were put.
Result<std::string> GetObject(Caller& caller, const ObjectName& name);

Result<ObjectInfo> HeadObject(Caller& caller, const ObjectName& name);

// The region of a bucket. kNotFound: no such bucket. kDenied: it is somebody else's, or we may not
// list it. kInvalid: it is in another region, which is named.
Result<std::string> HeadBucket(Caller& caller, const std::string& bucket);

// Whether PutIfAbsent would be allowed, by a put that S3 has to throw away: the digest that goes
// with it is of other bytes. Nothing is written; kConflict: this store took it all the same.
Status TryPut(Caller& caller, const ObjectName& name);

// All objects whose key begins with `prefix`, in the order of their keys; more than 200,000 are
// kExhausted. Their sha256 is empty: only Head tells it.
Result<std::vector<ObjectInfo>> ListObjects(Caller& caller, const std::string& bucket,
                                            const std::string& prefix);

// A multipart upload that nobody has finished.
struct Upload {
  std::string key, id;
  std::optional<Instant> initiated;
};
Result<std::vector<Upload>> ListUploads(Caller& caller, const std::string& bucket,
                                        const std::string& prefix);
// What its parts take.
Result<std::int64_t> MeasureUpload(Caller& caller, const std::string& bucket, const Upload& upload);
// kNotFound: it is gone already, finished or not.
Status AbortUpload(Caller& caller, const std::string& bucket, const Upload& upload);

}  // namespace mayfly::aws
