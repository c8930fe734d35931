// Error and Result<T>: how every function of Gannet that can fail says so. The kind drives policy (retry, HTTP status, exit
// code), the message is for people. Values, no locks; free to use from any thread.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace gannet {

enum class ErrorKind {
  timeout,      // A deadline passed.
  cancelled,    // The caller asked to stop.
  unavailable,  // A peer, process or file system is not there now; trying later may help.
  not_found,    // What was named does not exist.
  conflict,     // The state forbids it now (already exists, already running).
  invalid,      // The input is wrong; the message names the field, the reason and what would be right.
  denied,       // Not allowed: address policy, permissions, scopes.
  exhausted,    // A bound was reached: queue, memory, size.
  protocol,     // A peer broke its protocol.
  internal,     // A bug of ours.
};

/// The kind in lower case, as it is stored and logged.
std::string_view to_string(ErrorKind kind);

/// Whether the same call may succeed later without anybody changing anything.
bool is_retryable(ErrorKind kind);

/// The HTTP status (RFC 9110) that an API reply carries for this kind.
int http_status(ErrorKind kind);

class [[nodiscard]] Error {
 public:
  Error(ErrorKind kind, std::string message) : kind_(kind), message_(std::move(message)) {}
  Error(ErrorKind kind, std::string message, std::error_code code) : kind_(kind), message_(std::move(message)), code_(code) {}

  ErrorKind kind() const { return kind_; }
  std::error_code code() const { return code_; }
  /// The innermost message, without context.
  const std::string& message() const { return message_; }

  /// Adds what was being done, once per layer: "start page", "state rejected". Outermost is added last.
  Error with_context(std::string context) &&;

  /// "outer: inner: message (system text)", for people and logs.
  std::string describe() const;

 private:
  ErrorKind kind_;
  std::string message_;
  std::error_code code_;
  std::vector<std::string> contexts_;
};

template <class T>
using Result = std::expected<T, Error>;

/// `return fail(ErrorKind::invalid, "max_pages is {}; it must be 1 to 20000", n);`
template <class... Args>
[[nodiscard]] std::unexpected<Error> fail(ErrorKind kind, fmt::format_string<Args...> format, Args&&... args) {
  return std::unexpected(Error(kind, fmt::format(format, std::forward<Args>(args)...)));
}

/// The same from errno, whose text describe() appends.
template <class... Args>
[[nodiscard]] std::unexpected<Error> fail_errno(ErrorKind kind, int error_number, fmt::format_string<Args...> format,
                                                Args&&... args) {
  return std::unexpected(
      Error(kind, fmt::format(format, std::forward<Args>(args)...), std::error_code(error_number, std::generic_category())));
}

/// Hands a failure on, with one more context: `if (!page) return pass(page, "start page");`
template <class T>
[[nodiscard]] std::unexpected<Error> pass(Result<T>& failed, std::string context) {
  return std::unexpected(std::move(failed.error()).with_context(std::move(context)));
}

template <class T>
[[nodiscard]] std::unexpected<Error> pass(Result<T>& failed) {
  return std::unexpected(std::move(failed.error()));
}

/// What TRY yields: the value, or nothing for Result<void>.
template <class T>
T take(Result<T>&& result) {
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

}  // namespace gannet

/// Unwraps a Result in a plain (non-coroutine) function, returning its error otherwise: `auto url = TRY(parse_url(text));`
#define TRY(expression)                                                       \
  ({                                                                          \
    auto try_result_ = (expression);                                          \
    if (!try_result_) return std::unexpected(std::move(try_result_.error())); \
    ::gannet::take(std::move(try_result_));                                   \
  })
