#include "model/thing.h"

namespace mayfly {

std::string_view Name(ThingKind kind) {
  switch (kind) {
    case ThingKind::kInstance:
      return "instance";
    case ThingKind::kFleet:
      return "fleet";
    case ThingKind::kSpotRequest:
      return "Spot request";
    case ThingKind::kInterface:
      return "network interface";
    case ThingKind::kAddress:
      return "address";
    case ThingKind::kVolume:
      return "volume";
    case ThingKind::kSnapshot:
      return "snapshot";
    case ThingKind::kGroup:
      return "security group";
    case ThingKind::kTemplate:
      return "launch template";
    case ThingKind::kSchedule:
      return "schedule";
    case ThingKind::kParameter:
      return "parameter";
    case ThingKind::kUpload:
      return "unfinished upload";
    case ThingKind::kDatabaseFloor:
      return "raised floor";
    case ThingKind::kMachineFolder:
      return "machine";
  }
  return "";
}

bool CanBeMarked(ThingKind kind) {
  switch (kind) {
    case ThingKind::kInstance:
    case ThingKind::kFleet:
    case ThingKind::kSpotRequest:
    case ThingKind::kInterface:
    case ThingKind::kAddress:
    case ThingKind::kVolume:
    case ThingKind::kSnapshot:
    case ThingKind::kGroup:
    case ThingKind::kTemplate:
      return true;
    case ThingKind::kSchedule:
    case ThingKind::kParameter:
    case ThingKind::kUpload:
    case ThingKind::kDatabaseFloor:
    case ThingKind::kMachineFolder:
      return false;
  }
  return false;
}

}  // namespace mayfly
