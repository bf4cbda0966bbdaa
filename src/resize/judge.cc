#include "resize/judge.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "resize/course.h"
#include "resize/probe.h"

namespace mayfly::resize {
namespace {

constexpr std::int64_t kSpareMib = 128;        // for whatever was not in use at that moment
constexpr std::int64_t kMostDiskPercent = 97;  // above it a start may fail for want of a few files

PreflightCheck Pass(std::string what, std::string found) {
  return {std::move(what), Verdict::kPass, std::move(found), "", ""};
}
PreflightCheck Fail(std::string what, std::string found, std::string next_step) {
  return {std::move(what), Verdict::kFail, std::move(found), std::move(next_step), ""};
}
PreflightCheck CannotTell(std::string what, std::string found, std::string next_step) {
  return {std::move(what), Verdict::kCannotTell, std::move(found), std::move(next_step), ""};
}

bool Has(const std::vector<std::string>& list, const std::string& one) {
  return std::ranges::find(list, one) != list.end();
}

std::string Gib(std::int64_t kib) {
  return fmt::format("{:.1f} GiB", static_cast<double>(kib) / 1024 / 1024);
}

// --- From outside -------------------------------------------------------------------------------

PreflightCheck JudgeHost(const Findings& found) {
  const Host& host = found.host;
  const std::string who =
      fmt::format("{}{} is {}, {} in {}", host.id, host.name.empty() ? "" : " (" + host.name + ")",
                  Name(host.state), host.type, host.zone);
  if (host.is_spot) {
    return Fail("host", who + ", a Spot machine: EC2 does not let it be stopped and changed",
                "replace it by a machine of the wished type");
  }
  if (!host.group.empty()) {
    return Fail("host",
                fmt::format("{}, of the Auto Scaling group {}, which would replace it as soon "
                            "as it stops",
                            who, host.group),
                "change the group's launch template, or take the host out of the group");
  }
  if (!host.is_root_on_ebs) {
    return Fail("host", who + ", its root disk is on the instance store and goes when it stops",
                "make a new host from an image whose root is on EBS");
  }
  if (host.state == HostState::kRunning) return Pass("host", who);
  return Fail("host", who, "start it first: what it needs can only be seen while it runs");
}

PreflightCheck JudgeWhere(const Findings& found) {
  switch (found.where) {
    case Where::kElsewhere:
      return Pass("this computer", "is not the host");
    case Where::kHere:
      return Fail("this computer", "is the host: it would stop itself, and nobody would start it",
                  "give the command on another computer");
    case Where::kCannotTell:
      return CannotTell("this computer",
                        "may be the host: it is an EC2 instance whose metadata "
                        "service does not say which",
                        "switch the metadata service on, or give the command on another computer");
  }
  return {};
}

PreflightCheck JudgeProtection(const Findings& found) {
  const std::string what = "stop protection";
  if (!found.is_stop_protected) {
    return CannotTell(what, "could not be read", "the right to ec2:DescribeInstanceAttribute");
  }
  if (!*found.is_stop_protected) return Pass(what, "none");
  return Fail(what, "somebody has protected the host from being stopped",
              fmt::format("if that is meant for others: aws ec2 modify-instance-attribute "
                          "--instance-id {} --no-disable-api-stop",
                          found.host.id));
}

PreflightCheck JudgeType(const Findings& found) {
  if (!found.to) {
    return Fail("type", found.why_no_type, "name a type that exists, such as t3.small");
  }
  const HostType& to = *found.to;
  const Host& host = found.host;
  const std::string has =
      fmt::format("{} has {} vCPU and {} of memory", to.name, to.vcpus, Gib(to.memory_mib * 1024));
  if (to.name == host.type) return Fail("type", "the host is a " + to.name + " already", "another");
  if (!Has(to.architectures, host.architecture)) {
    return Fail("type",
                fmt::format("{}; it is {}, and the host's programs are {}", has,
                            Join(to.architectures, "/"), host.architecture),
                "take a type of the same architecture");
  }
  const bool fits_virtualization =
      to.virtualizations.empty() || Has(to.virtualizations, host.virtualization);
  if (!fits_virtualization) {
    return Fail("type",
                fmt::format("{}; it needs {}, and the host is {}", has,
                            Join(to.virtualizations, "/"), host.virtualization),
                "move to an HVM image first");
  }
  if (to.needs_ena && !host.has_ena) {
    return Fail("type",
                has +
                    "; it needs the ENA network driver, which the host's image does not "
                    "declare",
                "install the driver, stop the host, and set its attribute enaSupport");
  }
  if (!to.has_on_demand) return Fail("type", has + "; it is not sold On-Demand", "take another");
  return Pass("type", has);
}

PreflightCheck JudgeOffer(const Findings& found) {
  if (!found.is_offered) {
    return CannotTell("zone", "whether the type is offered there could not be read",
                      "the same again, or the right to ec2:DescribeInstanceTypeOfferings");
  }
  if (*found.is_offered) return Pass("zone", found.to_name + " is offered in " + found.host.zone);
  return Fail("zone",
              fmt::format("{} is not offered in {}, and a host stays in its zone", found.to_name,
                          found.host.zone),
              "take a type that is");
}

std::string AskForMore(const QuotaUse& quota) {
  return fmt::format("end what is not needed, or ask for more at Service Quotas ({})", quota.code);
}

// The host's own vCPU are free while it is stopped, and somebody else may take them.
PreflightCheck JudgeQuota(const Findings& found) {
  if (!found.quota || !found.to) {
    return CannotTell("quota", found.why_no_quota.empty() ? "not known" : found.why_no_quota,
                      "the same again, or the right to servicequotas:GetServiceQuota");
  }
  const QuotaUse& quota = *found.quota;
  const std::int64_t own = quota.counts_host && found.from ? found.from->vcpus : 0;
  const std::int64_t after = quota.used - own + found.to->vcpus;
  const std::string figures = fmt::format("{} of {:.0f} vCPU used ({}), after the change {}",
                                          quota.used, quota.limit, quota.code, after);
  if (static_cast<double>(after) > quota.limit) return Fail("quota", figures, AskForMore(quota));
  // Going back needs as much as before.
  return Pass("quota", figures);
}

// --- From inside --------------------------------------------------------------------------------

PreflightCheck JudgeUnseen(const Findings& found) {
  PreflightCheck check = CannotTell(
      "inside", "nobody can look into the host: " + found.why_no_use,
      "let SSM reach it (agent, role, way out to 443), or say --unseen and look yourself");
  if (found.may_be_unseen) check.excuse = "--unseen was said: whether it fits is your word";
  return check;
}

PreflightCheck JudgeMemory(const HostUse& use, const HostType& to) {
  const std::int64_t needed = NeededMib(use);
  std::string figures = fmt::format("{} in use now", Gib(use.used_kib));
  if (use.high_water_kib)
    figures += fmt::format(", {} at most as sysstat has it", Gib(*use.high_water_kib));
  if (use.swap_used_kib > 0) figures += fmt::format(", {} in swap", Gib(use.swap_used_kib));
  figures += fmt::format("; with a fifth to spare {}, of {}", Gib(needed * 1024),
                         Gib(to.memory_mib * 1024));
  if (needed <= to.memory_mib) return Pass("memory", figures);
  return Fail("memory", figures, "take a type with more, or end what needs it");
}

PreflightCheck JudgeProcessors(const HostUse& use, const HostType& to) {
  const std::string figures = fmt::format("{} now, {} then; the load of the last 15 min is {:.2f}",
                                          use.vcpus, to.vcpus, use.load15);
  if (use.load15 <= static_cast<double>(to.vcpus)) return Pass("processors", figures);
  return Fail("processors", figures, "more waits for a processor than there would be: take more");
}

PreflightCheck JudgeDisks(const Findings& found) {
  const HostUse& use = *found.use;
  std::vector<std::string> told;
  std::vector<std::string> full;
  for (const MountUse& mount : use.mounts) {
    told.push_back(
        fmt::format("{} of {} at {}", Gib(mount.used_kib), Gib(mount.size_kib), mount.mount));
    const bool is_full = mount.used_kib * 100 > mount.size_kib * kMostDiskPercent;
    if (is_full) full.push_back(mount.mount);
  }
  const std::string figures = fmt::format("{} in use; EBS disks stay as they are",
                                          told.empty() ? "nothing" : Join(told, ", "));
  if (!full.empty()) {
    return Fail("disks", fmt::format("{}; {} is full", figures, Join(full, ", ")),
                "make room first: a host with a full disk may not come up again");
  }
  if (!use.stores.empty()) {
    return Fail("disks",
                fmt::format("{}; {} of the instance store is in use, and is empty after a "
                            "stop",
                            figures, Join(use.stores, ", ")),
                "move what is there to EBS");
  }
  return Pass("disks", figures);
}

// Without a look inside, a disk of the instance store must be taken for one in use.
PreflightCheck JudgeUnseenStore(const Findings& found) {
  if (!found.from || !found.from->has_instance_storage) {
    return Pass("disks", "all are on EBS, and stay as they are");
  }
  return Fail("disks", found.host.type + " has disks of its own, which are empty after a stop",
              "look whether anything is on them, and move it to EBS");
}

PreflightCheck ListTenants(const HostUse& use) {
  std::vector<std::string> told;
  for (const Tenant& tenant : use.tenants) {
    told.push_back(
        fmt::format("{} of {} ({} MiB)", tenant.command, tenant.user, tenant.rss_kib / 1024));
  }
  if (told.empty()) return Pass("co-tenants", "the host has no tool to list its processes (ps)");
  return Pass("co-tenants", Join(told, ", "));
}

PreflightCheck JudgeServices(const HostUse& use) {
  const std::vector<std::string> back = ServicesToExpect(use);
  const std::vector<std::string> sockets = SocketsToExpect(use);
  std::vector<std::string> lost;
  for (const HostService& unit : use.services) {
    if (!unit.starts_at_boot && !unit.name.starts_with("systemd-")) lost.push_back(unit.name);
  }
  std::string told = fmt::format("expected again after the start: {}; listening: {}",
                                 back.empty() ? "no service" : Join(back, ", "),
                                 sockets.empty() ? "nothing" : Join(sockets, ", "));
  const std::vector<std::string> in_doubt = SocketsInDoubt(use);
  if (!in_doubt.empty()) {
    told += fmt::format("; listen now, are no enabled service's own, and are not waited for: {}",
                        Join(in_doubt, ", "));
  }
  if (!lost.empty()) told += fmt::format("; run now and are not enabled: {}", Join(lost, ", "));
  if (!use.unseen.empty()) told += fmt::format("; the host cannot list {}", Join(use.unseen, ", "));
  return Pass("services", told);
}

}  // namespace

std::int64_t NeededMib(const HostUse& use) { return PeakKib(use) / 1024 * 6 / 5 + kSpareMib; }

std::vector<PreflightCheck> Judge(const Findings& found) {
  std::vector<PreflightCheck> checks{JudgeHost(found), JudgeWhere(found), JudgeProtection(found),
                                     JudgeType(found)};
  if (!found.to) return checks;
  checks.push_back(JudgeOffer(found));
  checks.push_back(JudgeQuota(found));
  if (!found.use) {
    checks.push_back(JudgeUnseen(found));
    checks.push_back(JudgeUnseenStore(found));
    return checks;
  }
  checks.push_back(JudgeMemory(*found.use, *found.to));
  checks.push_back(JudgeProcessors(*found.use, *found.to));
  checks.push_back(JudgeDisks(found));
  checks.push_back(ListTenants(*found.use));
  checks.push_back(JudgeServices(*found.use));
  return checks;
}

}  // namespace mayfly::resize
