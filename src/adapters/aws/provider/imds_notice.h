#pragma once
// On a rented machine: is it about to be taken away? What its metadata say.

#include <functional>
#include <optional>
#include <string>

#include "adapters/aws/imds.h"
#include "seams/machine_provider.h"

namespace mayfly::aws {

// However often it is polled, metadata are asked every two seconds at most, and less often while
// they do not answer. What is away is no notice: it is said once through `say`, and once that it is
// back; a machine must not stop for want of metadata.
//
//   interruption notice     whatever its action: leave now, taken at its time
//   rebalance recommended   leave; the notice proper comes two minutes before the end at the
//   soonest maintenance             leave when it is near; a day ahead there is time to finish
class ImdsNotice final : public NoticeSource {
 public:
  using Say = std::function<void(const std::string& text)>;
  // Both outlive it.
  ImdsNotice(Imds& imds, Clock& clock, Say say);

  Result<std::optional<Notice>> Poll() override;

 private:
  Result<std::optional<Notice>> Ask();
  Result<std::optional<Notice>> AskMaintenance();
  void OnFailure(const Error& error);

  Imds& imds_;
  Clock& clock_;
  Say say_;
  std::optional<Duration> next_;  // mono
  std::optional<Duration> taken_at_;
  std::string reason_;
  int failures_ = 0;  // in a row
};

}  // namespace mayfly::aws
