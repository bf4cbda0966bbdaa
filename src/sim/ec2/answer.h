#pragma once
// What the cloud answers: a value, or a refusal with the code that EC2 gives for it. TRY and
// TRY_ASSIGN of base/result.h read both.

#include <string>
#include <utility>
#include <variant>

#include "base/check.h"

namespace mayfly::ec2 {

struct Refusal {
  std::string code;
  std::string message;
  int status = 400;  // of HTTP
};

template <typename T>
class [[nodiscard]] Answer {
 public:
  Answer(T value)  // NOLINT(google-explicit-constructor)
      : state_(std::in_place_index<0>, std::move(value)) {}
  Answer(Refusal refusal)  // NOLINT(google-explicit-constructor)
      : state_(std::in_place_index<1>, std::move(refusal)) {}

  bool ok() const { return state_.index() == 0; }

  // Need ok().
  const T& value() const& {
    CHECK(ok(), "value() of a refusal: " + error().code + ": " + error().message);
    return std::get<0>(state_);
  }
  T&& value() && {
    CHECK(ok(), "value() of a refusal: " + error().code + ": " + error().message);
    return std::get<0>(std::move(state_));
  }
  const T& operator*() const& { return value(); }
  const T* operator->() const { return &value(); }

  // Needs !ok().
  const Refusal& error() const {
    CHECK(!ok(), "error() of an answer that is a value");
    return std::get<1>(state_);
  }

 private:
  std::variant<T, Refusal> state_;
};

// For calls that answer nothing but that they were carried out.
struct Done {};

}  // namespace mayfly::ec2
