#pragma once
// How much of a machine its slots use, in words for the log. Pure: readings and times come in,
// lines go out.

#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "seams/machine_sensor.h"

namespace mayfly {

class Utilisation {
 public:
  static constexpr Duration kLookEvery = seconds(10);

  // Of a machine with so many slots; a rented one can be a smaller one next time.
  Utilisation(int slots, bool is_rented) : slots_(slots), is_rented_(is_rented) {}

  // A reading at this time. Gives what is to be said: one line a minute, and once an advice where
  // the cores have been mostly idle for ten.
  std::vector<std::string> Take(const MachineReading& reading, Duration now);

  // A slot's time of work, and what of it it waited for the database.
  void AddWork(Duration worked, Duration waited);

  // The whole life, for the end.
  std::string Summary() const;

 private:
  struct Span {                   // between two readings, or of the whole life
    Duration capacity{}, used{};  // of all cores together
    Duration length{}, worked{}, waited{};

    void Add(const Span& other);
    double IdleShare() const;
    double WaitShare() const;
  };

  std::string Describe(const Span& span) const;
  std::optional<std::string> Advise();

  int slots_;
  bool is_rented_;
  std::optional<MachineReading> last_;
  Duration last_at_{};
  std::int64_t peak_bytes_ = 0;
  Span minute_, life_;
  std::vector<Span> idle_minutes_;  // in a row, at most ten
  bool advised_ = false;
};

}  // namespace mayfly
