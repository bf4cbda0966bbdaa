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

// All objects whose key begins with `prefix`, in the order of their keys; more than 200,000 are
// kExhausted. Their sha256 is empty: only Head tells it.
Result<std::vector<ObjectInfo>> ListObjects(Caller& caller, const std::string& bucket,
                                            const std::string& prefix);

}  // namespace mayfly::aws
