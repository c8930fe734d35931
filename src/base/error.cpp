#include "base/error.hpp"

namespace gannet {

std::string_view to_string(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::timeout: return "timeout";
    case ErrorKind::cancelled: return "cancelled";
    case ErrorKind::unavailable: return "unavailable";
    case ErrorKind::not_found: return "not_found";
    case ErrorKind::conflict: return "conflict";
    case ErrorKind::invalid: return "invalid";
    case ErrorKind::denied: return "denied";
    case ErrorKind::exhausted: return "exhausted";
    case ErrorKind::protocol: return "protocol";
    case ErrorKind::internal: return "internal";
  }
  return "internal";
}

bool is_retryable(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::timeout:
    case ErrorKind::unavailable:
    case ErrorKind::exhausted:
    case ErrorKind::protocol: return true;
    case ErrorKind::cancelled:
    case ErrorKind::not_found:
    case ErrorKind::conflict:
    case ErrorKind::invalid:
    case ErrorKind::denied:
    case ErrorKind::internal: return false;
  }
  return false;
}

int http_status(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::timeout: return 504;
    case ErrorKind::cancelled: return 409;
    case ErrorKind::unavailable: return 503;
    case ErrorKind::not_found: return 404;
    case ErrorKind::conflict: return 409;
    case ErrorKind::invalid: return 422;
    case ErrorKind::denied: return 403;
    case ErrorKind::exhausted: return 429;
    case ErrorKind::protocol: return 502;
    case ErrorKind::internal: return 500;
  }
  return 500;
}

Error Error::with_context(std::string context) && {
  contexts_.push_back(std::move(context));
  return std::move(*this);
}

std::string Error::describe() const {
  std::string text;
  for (auto context = contexts_.rbegin(); context != contexts_.rend(); ++context) text += *context + ": ";
  text += message_;
  if (code_) text += " (" + code_.message() + ")";
  return text;
}

}  // namespace gannet
