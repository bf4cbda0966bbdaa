// What is asked for: types, where they are offered, the image and what is in it.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <set>

#include "adapters/aws/preflight/survey.h"
#include "base/text.h"

namespace mayfly::aws {
namespace {

constexpr const char* kTypes = "types";
constexpr const char* kOffers = "offers";
constexpr const char* kImage = "image";
constexpr const char* kLibc = "C library";

std::string Describe(const InstanceType& type) {
  return fmt::format("{}: {} vCPU, {:.4g} GiB", type.name, type.vcpus,
                     static_cast<double>(type.memory_mib) / 1024);
}

bool RunsOn(const InstanceType& type, const std::string& architecture) {
  return std::ranges::find(type.architectures, architecture) != type.architectures.end();
}

// What is wrong with a type for this phase; empty: nothing.
std::string Misfit(const InstanceType& type, const PreflightRequest& request) {
  if (!RunsOn(type, request.architecture)) {
    return fmt::format("{} is {}, this program is {}", type.name, Join(type.architectures, ", "),
                       request.architecture);
  }
  for (Market market : MarketsOf(request.ec2.on_demand)) {
    const bool is_sold = market == Market::kSpot ? type.has_spot : type.has_on_demand;
    if (!is_sold) return fmt::format("{} is not sold {}", type.name, Name(market));
  }
  return {};
}

// "c7i.8xlarge in us-east-1a, us-east-1b; c7a.8xlarge nowhere".
std::string DescribeOffers(const std::vector<InstanceType>& types,
                           const std::map<std::string, std::vector<std::string>>& zones_of) {
  std::vector<std::string> parts;
  for (const InstanceType& type : types) {
    const auto found = zones_of.find(type.name);
    parts.push_back(found == zones_of.end()
                        ? type.name + " nowhere"
                        : fmt::format("{} in {}", type.name, Join(found->second, ", ")));
  }
  return Join(parts, "; ");
}

// Images by whose name, and by whose owner, it is known which C library they have.
struct KnownImage {
  std::string_view owner, prefix, libc, what;
};
constexpr auto kKnownImages = std::to_array<KnownImage>({
    {"136693071363", "debian-12-", "2.36", "Debian 12"},
    {"136693071363", "debian-13-", "2.41", "Debian 13"},
    {"137112412989", "al2023-ami-", "2.34", "Amazon Linux 2023"},
});

const KnownImage* Recognise(const Image& image) {
  for (const KnownImage& known : kKnownImages) {
    if (image.owner_id == known.owner && image.name.starts_with(known.prefix)) return &known;
  }
  return nullptr;
}

// "2.36" as a pair that compares.
std::pair<int, int> VersionOf(std::string_view text) {
  std::pair<int, int> version{0, 0};
  const std::size_t dot = std::min(text.find('.'), text.size());
  std::from_chars(text.data(), text.data() + dot, version.first);
  if (dot < text.size()) {
    std::from_chars(text.data() + dot + 1, text.data() + text.size(), version.second);
  }
  return version;
}

}  // namespace

PreflightCheck CheckTypes(const Survey& survey) {
  const std::string next = "correct types and smaller in [machines.ec2]";
  if (!survey.types.ok()) return FromError(kTypes, survey.types.error(), next);
  std::vector<std::string> found;
  std::vector<std::string> misfits;
  for (const InstanceType& type : *survey.types) {
    found.push_back(Describe(type));
    std::string misfit = Misfit(type, survey.request);
    if (!misfit.empty()) misfits.push_back(std::move(misfit));
  }
  if (misfits.empty()) return Pass(kTypes, Join(found, "; "));
  return Fail(kTypes, Join(misfits, "; "), next);
}

PreflightCheck CheckOffers(const Survey& survey) {
  const std::string next = "name other zones or types in [machines.ec2]";
  for (const Error* error : {survey.types.ok() ? nullptr : &survey.types.error(),
                             survey.offerings.ok() ? nullptr : &survey.offerings.error(),
                             survey.subnets.ok() ? nullptr : &survey.subnets.error()}) {
    if (error == nullptr) continue;
    return CannotTell(kOffers, "types or subnets are not known: " + error->message(),
                      "mend the line that names them");
  }
  std::set<std::string> zones;
  for (const Subnet& subnet : *survey.subnets) zones.insert(subnet.zone);
  std::map<std::string, std::vector<std::string>> zones_of;
  for (const Offering& offering : *survey.offerings) {
    if (zones.contains(offering.zone)) zones_of[offering.instance_type].push_back(offering.zone);
  }
  for (auto& [type, offered] : zones_of) std::ranges::sort(offered);
  std::string found = DescribeOffers(*survey.types, zones_of);
  if (zones_of.empty()) return Fail(kOffers, found, next);
  return Pass(kOffers, std::move(found));
}

PreflightCheck CheckImage(const Survey& survey) {
  const std::string next = "name another image in [machines.ec2], or none for Debian 12";
  if (!survey.image.ok()) return FromError(kImage, survey.image.error(), next);
  const Image& image = *survey.image;
  std::string found = fmt::format("{} ({}), {}, {}, root device {}", image.id, image.name,
                                  image.architecture, image.state, image.root_device);
  if (image.state != "available") return Fail(kImage, found, next);
  if (image.architecture != survey.request.architecture) {
    return Fail(kImage, fmt::format("{}; this program is {}", found, survey.request.architecture),
                next);
  }
  if (image.root_device.empty()) {
    return Fail(kImage, found + "none: it does not start from a disk", next);
  }
  return Pass(kImage, std::move(found));
}

PreflightCheck CheckLibc(const Survey& survey) {
  const std::string& needed = survey.request.needed_libc;
  if (!survey.image.ok() || needed.empty()) {
    return CannotTell(kLibc,
                      survey.image.ok() ? "what this program needs could not be found out"
                                        : "the image is not known",
                      "mend the line that names it");
  }
  const KnownImage* known = Recognise(*survey.image);
  if (known == nullptr) {
    PreflightCheck check = CannotTell(
        kLibc,
        fmt::format("{} by {} is not an image that is known here; the program needs glibc {}",
                    survey.image->id, survey.image->owner_id, needed),
        fmt::format("see in it that `ldd --version` says {} or more", needed));
    check.excuse =
        "nobody looks into an image from outside; a machine that cannot start the "
        "program ends itself and says so";
    return check;
  }
  std::string found =
      fmt::format("{} has glibc {}, the program needs {}", known->what, known->libc, needed);
  if (VersionOf(known->libc) >= VersionOf(needed)) return Pass(kLibc, std::move(found));
  return Fail(kLibc, std::move(found), "take an image at least as new as this computer's system");
}

}  // namespace mayfly::aws
