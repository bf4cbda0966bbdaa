#pragma once
// The error model. Expected failures are values; an error's kind says what the receiver does next
// (docs/adr/0001-errors-by-reaction.md). Nothing here throws.

#include <string>
#include <string_view>
#include <utility>

namespace mayfly {

// What the receiver of an error does about it. The order is that of the exit codes.
enum class ErrorKind {
  kDefect,       // a CHECK would have failed; report it
  kInvalid,      // the request is wrong; the user edits it
  kNotFound,     // no such thing
  kConflict,     // lost a race or a lease: drop the work, reload
  kUnavailable,  // not done; the same call again, with backoff
  kAmbiguous,    // may or may not have happened: re-read, or repeat with the same key
  kExhausted,    // quota, capacity, disk, memory: change the plan
  kDenied,       // credentials or permission: the run pauses, the operator acts
  kCorrupt,      // data fails verification: quarantine
  kCancelled,    // asked to stop
};

// The lower-case word for a kind, as it appears in JSON, SQL and messages.
std::string_view KindName(ErrorKind kind);

// The process exit code for a kind (docs/cli/README.md lists them).
int ExitCode(ErrorKind kind);

// Parses a word written by KindName; anything else is kDefect.
ErrorKind KindFromName(std::string_view name);

// A failure: its kind, and a message that names the thing, the value and the next step.
class [[nodiscard]] Error {
 public:
  Error(ErrorKind kind, std::string message) : kind_(kind), message_(std::move(message)) {}

  ErrorKind kind() const { return kind_; }
  const std::string& message() const { return message_; }

  // The same error seen from one level up: "context: message".
  Error Within(std::string_view context) const;

  friend bool operator==(const Error&, const Error&) = default;

 private:
  ErrorKind kind_;
  std::string message_;
};

inline Error Invalid(std::string m) { return {ErrorKind::kInvalid, std::move(m)}; }
inline Error NotFound(std::string m) { return {ErrorKind::kNotFound, std::move(m)}; }
inline Error Conflict(std::string m) { return {ErrorKind::kConflict, std::move(m)}; }
inline Error Unavailable(std::string m) { return {ErrorKind::kUnavailable, std::move(m)}; }
inline Error Ambiguous(std::string m) { return {ErrorKind::kAmbiguous, std::move(m)}; }
inline Error Exhausted(std::string m) { return {ErrorKind::kExhausted, std::move(m)}; }
inline Error Denied(std::string m) { return {ErrorKind::kDenied, std::move(m)}; }
inline Error Corrupt(std::string m) { return {ErrorKind::kCorrupt, std::move(m)}; }
inline Error Cancelled(std::string m) { return {ErrorKind::kCancelled, std::move(m)}; }
inline Error Defect(std::string m) { return {ErrorKind::kDefect, std::move(m)}; }

}  // namespace mayfly
