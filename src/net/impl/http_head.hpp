// The head of an HTTP/1 message, read and written by the forward proxy. Sans I/O: text in, values out. Request heads are read
// strictly (RFC 9112), because what two readers understand differently is an attack; response heads leniently, because they are
// only relayed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "net/url.hpp"

namespace gannet::net {

inline constexpr std::size_t k_head_bytes_max = 64 * 1024;

/// Length of the head at the start of `buffer`, its empty line included. Nothing while the head is incomplete. `from`: how many
/// bytes were searched by an earlier call. Takes bare line feeds as line ends, as RFC 9112 §2.2 allows.
std::optional<std::size_t> find_head_end(std::string_view buffer, std::size_t from);

/// Where the body of a request ends (RFC 9112 §6.3).
class BodyLength {
 public:
  static BodyLength none() { return BodyLength(0); }
  static BodyLength of(std::uint64_t bytes) { return BodyLength(bytes); }
  static BodyLength chunked();

  /// How many of these bytes, which follow those of earlier calls, belong to the body. Errors: `protocol`, for broken chunks.
  Result<std::size_t> take(std::string_view bytes);
  bool is_complete() const { return state_ == State::complete; }

 private:
  enum class State { counted, size_line, data, data_end, trailer, complete };
  explicit BodyLength(std::uint64_t bytes) : state_(bytes == 0 ? State::complete : State::counted), left_(bytes) {}
  Result<void> end_of_line();

  State state_;
  std::uint64_t left_ = 0;  // Of the body, or of the current chunk.
  std::string line_;        // Of the framing between data.
  std::size_t trailer_bytes_ = 0;
};

struct RequestHead {
  std::string method;
  Authority target;
  std::string path;  // Origin form, exactly as the client wrote it; empty for CONNECT.
  bool is_connect() const { return method == "CONNECT"; }
  BodyLength body = BodyLength::none();
  bool wants_upgrade = false;
  std::vector<std::pair<std::string, std::string>> headers;

  /// A proxy request: CONNECT with an authority, anything else with an absolute http URL. Errors: `protocol`, with what is wrong.
  static Result<RequestHead> parse(std::string_view head);

  /// As the origin server is to get it: origin form, Host from the target (RFC 9112 §3.2.2), hop-by-hop and Proxy-* fields gone
  /// (RFC 9110 §7.6.1), one request per connection.
  std::string to_origin_form() const;
};

struct ResponseHead {
  int status = 0;
  /// As the client is to get it: hop-by-hop fields gone, and said to be the last on its connection unless it is interim or an
  /// upgrade.
  std::string relayed;

  /// Errors: `protocol`.
  static Result<ResponseHead> parse(std::string_view head);
  bool is_interim() const { return status >= 100 && status < 200 && status != 101; }
};

}  // namespace gannet::net
