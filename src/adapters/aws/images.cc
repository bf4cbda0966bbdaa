#include "adapters/aws/images.h"

#include <fmt/format.h>

#include <algorithm>

#include "adapters/aws/secrets.h"

namespace mayfly::aws {
namespace {

// In all regions but a few that AWS keeps apart.
constexpr std::string_view kDebianOwner = "136693071363";

Result<std::string> FindDebian(Caller& caller, const std::string& architecture) {
  const std::string debian_name = architecture == "arm64" ? "arm64" : "amd64";
  Result<std::string> parameter =
      GetParameter(caller, "/aws/service/debian/release/12/latest/" + debian_name);
  const bool is_absent = !parameter.ok() && parameter.error().kind() == ErrorKind::kNotFound;
  if (!is_absent) return parameter;
  const Filters filters{{"owner-id", {std::string(kDebianOwner)}},
                        {"name", {fmt::format("debian-12-{}*", debian_name)}}};
  TRY_ASSIGN(const std::vector<Image> images, DescribeImages(caller, {{}, filters}));
  if (images.empty()) return NotFound("no image of Debian 12 for " + architecture);
  return std::ranges::max(images, {}, &Image::created).id;
}

Result<std::string> FindImageId(Caller& caller, const std::string& image,
                                const std::string& architecture) {
  constexpr std::string_view kParameter = "ssm:";
  if (image.starts_with(kParameter)) return GetParameter(caller, image.substr(kParameter.size()));
  if (image == "debian-12") return FindDebian(caller, architecture);
  return image;
}

}  // namespace

Result<Image> FindImage(Caller& caller, const std::string& image, const std::string& architecture) {
  const Result<std::string> id = FindImageId(caller, image, architecture);
  if (!id.ok()) return id.error().Within(image);
  TRY_ASSIGN(std::vector<Image> images, DescribeImages(caller, {{*id}, {}}));
  if (images.empty()) return NotFound(fmt::format("there is no image {}", *id));
  return std::move(images.front());
}

}  // namespace mayfly::aws
