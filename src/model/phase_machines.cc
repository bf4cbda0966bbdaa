// [machines] and what it holds.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/text.h"
#include "model/phase_parser.h"

namespace mayfly {
namespace {

constexpr int kMaxMachines = 1000;
constexpr int kMaxSlots = 1024;
constexpr int kMaxDiskGib = 16'384;
constexpr Duration kLongestKeep = hours(24 * 366);
constexpr std::size_t kMaxTags = 40;  // of the 50 that EC2 allows; ours are among the rest

std::optional<Rate> ReadRate(TableReader& reader, std::string_view key) {
  const TomlNode* node = reader.Find(key);
  if (node == nullptr) return std::nullopt;
  const auto* text = node->As<std::string>();
  Result<Rate> rate = text == nullptr
                          ? Invalid("missing unit; write it as text, such as \"0.10 USD/h\"")
                          : ParseRate(*text);
  if (rate.ok()) return *rate;
  reader.Complain(key, rate.error().message());
  return std::nullopt;
}

void ReadPrices(TableReader& reader, MachinesSpec& machines) {
  machines.price = ReadRate(reader, "price").value_or(machines.price);
  machines.max_price = ReadRate(reader, "max_price");
  if (machines.max_price && *machines.max_price < machines.price) {
    reader.Complain("max_price",
                    fmt::format("{} is below the price of {}; no machine could be had",
                                FormatRate(*machines.max_price), FormatRate(machines.price)));
  }
  if (machines.provider != "local" && machines.price.micro_usd != 0) {
    reader.Complain("price",
                    "is that of a local machine; what a rented one costs, its market says");
  }
}

void ReadProvider(TableReader& reader, MachinesSpec& machines) {
  reader.ReadText("provider", machines.provider);
  if (machines.provider == "slurm") {
    reader.Complain("provider", "\"slurm\" is not in this version; write \"local\" or \"ec2\"");
  } else if (machines.provider != "local" && machines.provider != "ec2") {
    reader.Complain("provider", fmt::format("\"{}\" is not a provider; write \"local\" or \"ec2\"",
                                            machines.provider));
  }
}

void ReadLives(TableReader& reader, MachinesSpec& machines) {
  reader.ReadDuration("heartbeat", machines.heartbeat, milliseconds(10));
  reader.ReadDuration("lease", machines.lease, milliseconds(20));
  reader.ReadDuration("silence", machines.silence, milliseconds(20));
  reader.ReadDuration("notice", machines.notice, Duration{0});
  reader.ReadCount("replacements", machines.replacements, 0, kMaxMachines);
  if (machines.lease < 2 * machines.heartbeat) {
    reader.Complain(
        "lease", fmt::format("{} is less than two heartbeats of {}; a late one would "
                             "lose the lease",
                             FormatDuration(machines.lease), FormatDuration(machines.heartbeat)));
  }
  if (machines.silence < machines.lease) {
    reader.Complain("silence",
                    fmt::format("{} is less than a lease of {}; a machine would end "
                                "itself while its work still counts",
                                FormatDuration(machines.silence), FormatDuration(machines.lease)));
  }
}

bool IsInstanceType(std::string_view text) {
  std::size_t dot = text.find('.');
  bool has_both = dot != std::string_view::npos && dot > 0 && dot + 1 < text.size();
  return has_both && std::ranges::all_of(text, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
         });
}

// A list without repetitions, each of a form.
void ReadNames(TableReader& reader, std::string_view key, std::vector<std::string>& field,
               bool (*is_one)(std::string_view), std::string_view form) {
  reader.ReadTexts(key, field);
  std::set<std::string> seen;
  for (const std::string& name : field) {
    if (!is_one(name)) {
      reader.Complain(key, fmt::format("\"{}\" is not {}", name, form));
    } else if (!seen.insert(name).second) {
      reader.Complain(key, fmt::format("\"{}\" stands there twice", name));
    }
  }
}

void ReadTypes(TableReader& reader, Ec2Spec& ec2) {
  constexpr std::string_view kForm = "an instance type, such as \"c7i.8xlarge\"";
  ReadNames(reader, "types", ec2.types, IsInstanceType, kForm);
  ReadNames(reader, "smaller", ec2.smaller, IsInstanceType, kForm);
  if (ec2.types.empty()) {
    reader.Complain("types", "is missing; name what to rent, such as [\"c7i.8xlarge\"]");
  }
  for (const std::string& type : ec2.smaller) {
    if (std::ranges::find(ec2.types, type) != ec2.types.end()) {
      reader.Complain("smaller", fmt::format("\"{}\" is among the types already", type));
    }
  }
}

void ReadPlaces(TableReader& reader, Ec2Spec& ec2) {
  const auto zone = [](std::string_view text) {
    return text.size() > 1 && text.back() >= 'a' && text.back() <= 'z' &&
           text.find('-') != std::string_view::npos;
  };
  const auto subnet = [](std::string_view text) { return text.starts_with("subnet-"); };
  const auto group = [](std::string_view text) { return text.starts_with("sg-"); };
  reader.ReadText("region", ec2.region);
  ReadNames(reader, "zones", ec2.zones, zone, "a zone, such as \"us-east-1a\"");
  ReadNames(reader, "subnets", ec2.subnets, subnet, "the id of a subnet, \"subnet-…\"");
  ReadNames(reader, "security_groups", ec2.security_groups, group,
            "the id of a security group, \"sg-…\"");
}

void ReadOnDemand(TableReader& reader, Ec2Spec& ec2) {
  constexpr std::array<std::string_view, 3> kRules{"never", "after-spot", "only"};
  std::string rule(kRules.at(static_cast<std::size_t>(ec2.on_demand)));
  reader.ReadWord("on_demand", rule, kRules);
  ec2.on_demand = static_cast<OnDemandRule>(std::ranges::find(kRules, rule) - kRules.begin());
  reader.ReadDuration("on_demand_after", ec2.on_demand_after, Duration{0});
}

void ReadDisk(TableReader& reader, Ec2Spec& ec2) {
  constexpr std::array<std::string_view, 3> kTypes{"gp3", "io2", "gp2"};
  constexpr std::int64_t kGib = 1LL << 30;
  std::optional<std::int64_t> bytes;
  reader.ReadBytes("disk", bytes);
  if (bytes && (*bytes % kGib != 0 || *bytes / kGib < 8 || *bytes / kGib > kMaxDiskGib)) {
    reader.Complain("disk",
                    fmt::format("is not 8 to {} whole GiB, such as \"100 GiB\"", kMaxDiskGib));
  } else if (bytes) {
    ec2.disk_gib = static_cast<int>(*bytes / kGib);
  }
  reader.ReadWord("disk_type", ec2.disk_type, kTypes);
}

void ReadTags(TableReader& reader, Ec2Spec& ec2) {
  const TomlNode* node = reader.Find("tags");
  if (node == nullptr) return;
  const auto* table = node->As<TomlTable>();
  if (table == nullptr) return reader.ComplainType(*node, "tags", "a table of texts");
  for (const TomlEntry& entry : *table) {
    const auto* text = entry.node.As<std::string>();
    std::string_view key = entry.key;
    if (text == nullptr) {
      reader.ComplainType(entry.node, "tags." + entry.key, "a text");
    } else if (key.starts_with("aws:") || key.starts_with("mayfly:") || key == "Name") {
      reader.Complain("tags", fmt::format("\"{}\" is taken: by AWS or by mayfly", key));
    } else if (key.empty() || key.size() > 128 || text->size() > 256) {
      reader.Complain("tags",
                      fmt::format("\"{}\": a key has 1 to 128 bytes, a value at most 256", key));
    } else {
      ec2.tags[entry.key] = *text;
    }
  }
  if (table->size() > kMaxTags) {
    reader.Complain("tags", fmt::format("are {}; at most {} are allowed", table->size(), kMaxTags));
  }
}

void ReadSnapshot(const TomlNode& node, Ec2Spec& ec2, Problems& problems) {
  TableReader reader(node, "[machines.ec2.snapshot]", problems);
  SnapshotSpec snapshot;
  reader.ReadDuration("keep", snapshot.keep, hours(1));
  reader.ReadDuration("wait", snapshot.wait, minutes(1));
  if (reader.Find("keep") == nullptr) {
    reader.Complain("keep", "is missing; say how long the snapshot is kept, such as \"30d\"");
  } else if (snapshot.keep > kLongestKeep) {
    reader.Complain("keep",
                    fmt::format("{} is more than {}; copy what is to stay for longer",
                                FormatDuration(snapshot.keep), FormatDuration(kLongestKeep)));
  }
  reader.Finish();
  ec2.snapshot = snapshot;
}

const TomlNode* FindTable(TableReader& reader, std::string_view key) {
  const TomlNode* node = reader.Find(key);
  if (node == nullptr || node->As<TomlTable>() != nullptr) return node;
  reader.ComplainType(*node, key, "a table");
  return nullptr;
}

void ReadEc2(const TomlNode& node, MachinesSpec& machines, Problems& problems) {
  TableReader reader(node, "[machines.ec2]", problems);
  Ec2Spec ec2;
  ReadTypes(reader, ec2);
  ReadPlaces(reader, ec2);
  reader.ReadText("image", ec2.image);
  bool is_image =
      ec2.image == "debian-12" || ec2.image.starts_with("ami-") || ec2.image.starts_with("ssm:/");
  if (!is_image) {
    reader.Complain("image", fmt::format("\"{}\" is neither \"debian-12\", nor an id (\"ami-…\"), "
                                         "nor a parameter that holds one (\"ssm:/…\")",
                                         ec2.image));
  }
  reader.ReadText("instance_profile", ec2.instance_profile);
  if (ec2.instance_profile.empty()) {
    reader.Complain("instance_profile",
                    "is missing; name the instance profile whose role a machine works under "
                    "(`mayfly iam-policy` prints what it must allow)");
  }
  reader.ReadText("scheduler_role", ec2.scheduler_role);
  reader.ReadText("bucket", ec2.bucket);
  if (ec2.bucket.empty()) {
    reader.Complain("bucket",
                    "is missing; name the S3 bucket that machines fetch their program from");
  }
  ReadOnDemand(reader, ec2);
  ReadDisk(reader, ec2);
  reader.ReadFlag("public_address", ec2.public_address);
  ReadTags(reader, ec2);
  if (const TomlNode* snapshot = FindTable(reader, "snapshot")) {
    ReadSnapshot(*snapshot, ec2, problems);
  }
  reader.Finish();
  machines.ec2 = std::move(ec2);
}

void ReadSetup(const TomlNode& node, MachinesSpec& machines, Problems& problems) {
  TableReader reader(node, "[machines.setup]", problems);
  reader.ReadTexts("commands", machines.setup.commands);
  reader.ReadDuration("timeout", machines.setup.timeout, seconds(1));
  reader.ReadBytes("swap", machines.setup.swap_bytes);
  reader.Finish();
}

}  // namespace

void ReadMachines(const TomlNode& section, MachinesSpec& machines, Problems& problems) {
  TableReader reader(section, "[machines]", problems);
  ReadProvider(reader, machines);
  reader.ReadCount("count", machines.count, 1, kMaxMachines);
  reader.ReadCountOrAuto("slots", machines.slots, kMaxSlots);
  reader.ReadBytes("slot_memory", machines.slot_memory_bytes);
  ReadLives(reader, machines);
  ReadPrices(reader, machines);
  if (const TomlNode* ec2 = FindTable(reader, "ec2")) ReadEc2(*ec2, machines, problems);
  if (const TomlNode* setup = FindTable(reader, "setup")) ReadSetup(*setup, machines, problems);
  if (machines.provider == "ec2" && reader.Find("ec2") == nullptr) {
    reader.Complain("ec2", "is missing; a table [machines.ec2] says what to rent");
  }
  reader.Finish();
}

}  // namespace mayfly
