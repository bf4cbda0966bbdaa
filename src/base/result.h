#pragma once
// Result<T>: a value or an Error. Two states, no third. [[nodiscard]] makes swallowing one visible.

#include <optional>
#include <utility>
#include <variant>

#include "base/check.h"
#include "base/error.h"

namespace mayfly {

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value)  // NOLINT(google-explicit-constructor)
      : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error)  // NOLINT(google-explicit-constructor)
      : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  // Needs ok().
  const T& value() const& {
    CHECK(ok(), "value() of a failed Result: " + error().message());
    return std::get<0>(state_);
  }
  T& value() & {
    CHECK(ok(), "value() of a failed Result: " + error().message());
    return std::get<0>(state_);
  }
  T&& value() && {
    CHECK(ok(), "value() of a failed Result: " + error().message());
    return std::get<0>(std::move(state_));
  }
  const T& operator*() const& { return value(); }
  T& operator*() & { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  const T* operator->() const { return &value(); }
  T* operator->() { return &value(); }

  // Needs !ok().
  const Error& error() const {
    CHECK(!ok(), "error() of a Result that holds a value");
    return std::get<1>(state_);
  }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  const Error& error() const {
    CHECK(!ok(), "error() of a Status that is ok");
    return *error_;
  }

 private:
  std::optional<Error> error_;
};

using Status = Result<void>;

}  // namespace mayfly

#define MAYFLY_CONCAT_INNER(a, b) a##b
#define MAYFLY_CONCAT(a, b) MAYFLY_CONCAT_INNER(a, b)

// Returns the error of a Result<...> expression to the caller, if it has one.
#define TRY(expression)                              \
  do {                                               \
    auto&& mayfly_try = (expression);                \
    if (!mayfly_try.ok()) return mayfly_try.error(); \
  } while (false)

// TRY_ASSIGN(auto x, Call()): the value, or the error to the caller.
#define TRY_ASSIGN(declaration, expression) \
  TRY_ASSIGN_INNER(MAYFLY_CONCAT(mayfly_result_, __LINE__), declaration, expression)
#define TRY_ASSIGN_INNER(holder, declaration, expression) \
  auto holder = (expression);                             \
  if (!holder.ok()) return holder.error();                \
  declaration = std::move(holder).value()
