#pragma once
// What the cloud charges, made from its own records and nobody's meter. Per second begun, at least
// 60 seconds of each start; Spot at the price in force in each second; the first hour of a Spot
// instance that the cloud took back within it is free; disks and addresses from their creation to
// their end. Each line is exact up to its one rounding, half up to the micro-dollar.

#include <cstdint>
#include <string>
#include <vector>

#include "sim/ec2/cloud.h"

namespace mayfly::ec2 {

struct BillLine {
  std::string item;      // compute, disk, address, snapshot
  std::string resource;  // whose
  std::string instance;  // for what; empty where it belongs to none
  std::string market;    // for compute
  std::int64_t seconds = 0;
  std::int64_t micro_usd = 0;
  std::string note;  // why it is less or more than one would think
};

struct Bill {
  std::vector<BillLine> lines;
  std::int64_t micro_usd = 0;
};

// Up to now.
Bill MakeBill(const Cloud& cloud);

}  // namespace mayfly::ec2
