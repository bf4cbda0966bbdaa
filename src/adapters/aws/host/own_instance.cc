#include "adapters/aws/host/own_instance.h"

#include "base/text.h"

namespace mayfly::aws {
namespace {

constexpr const char* kAssetTag = "/sys/devices/virtual/dmi/id/board_asset_tag";
constexpr const char* kVendor = "/sys/devices/virtual/dmi/id/sys_vendor";
constexpr const char* kXenUuid = "/sys/hypervisor/uuid";

std::string ReadOrEmpty(FileSystem& files, const char* path) {
  const Result<std::string> text = files.Read(path);
  return text.ok() ? std::string(Trim(*text)) : std::string();
}

}  // namespace

Result<std::set<std::string>> OwnInstanceIds(Imds& imds, FileSystem& files) {
  std::set<std::string> ids;
  const Result<std::string> told = imds.InstanceId();
  if (told.ok()) ids.insert(*told);
  const std::string asset = ReadOrEmpty(files, kAssetTag);  // Nitro writes the id there
  if (asset.starts_with("i-")) ids.insert(asset);
  const bool is_ec2 = ReadOrEmpty(files, kVendor) == "Amazon EC2" ||
                      Lower(ReadOrEmpty(files, kXenUuid)).starts_with("ec2");
  if (ids.empty() && is_ec2) return Unavailable(told.error().message());
  return ids;
}

}  // namespace mayfly::aws
