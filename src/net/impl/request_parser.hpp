// RequestParser: bytes of one connection in, requests out. Sans I/O. Boost.Beast reads the syntax; what it lets pass and two
// readers could understand differently (RFC 9112 §11.2) is refused here. The only place where the server meets Beast.
//
//   parse → (need_more → parse)* → head → accept_body → parse → … → complete → take → the next request
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/units.hpp"
#include "net/http_message.hpp"

namespace gannet::net {

/// Why a request is not answered by the handler: a status and a sentence for the client.
struct HttpRefusal {
  int status = 400;
  std::string reason;
};

class RequestParser {
 public:
  struct Limits {
    Bytes head_bytes_max = 16_KiB;
    Bytes target_bytes_max = 8_KiB;
  };
  enum class Step {
    need_more,  // Append bytes to the buffer and call again.
    head,       // The head is known: see request(); accept_body() comes next.
    complete,
  };

  explicit RequestParser(Limits limits);
  ~RequestParser();
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  /// Takes what it understands from the front of `buffer`. After an error the connection has to end.
  std::expected<Step, HttpRefusal> parse(std::string& buffer);

  /// Method, target and fields, from the step `head` on. Trailer fields are never among them.
  const HttpRequest& request() const { return request_; }
  bool is_http11() const;
  /// Whether the client waits for "100 Continue" before it sends the body.
  bool expects_continue() const;
  bool has_body() const;
  bool keeps_alive() const;
  /// Refuses with 413 a body that is known to be larger, and later one that turns out to be.
  std::expected<void, HttpRefusal> accept_body(Bytes limit);

  /// The request with its body, once complete; the parser is then ready for the next one.
  HttpRequest take();
  /// Whether bytes of a request have been seen.
  bool has_begun() const { return has_begun_; }

 private:
  struct Message;
  std::expected<Step, HttpRefusal> parse_head(std::string& buffer);
  std::expected<Step, HttpRefusal> parse_body(std::string& buffer);
  std::expected<void, HttpRefusal> check_head();
  std::expected<void, HttpRefusal> set_target(std::string target);
  void reset();

  Limits limits_;
  std::unique_ptr<Message> message_;
  HttpRequest request_;
  bool has_begun_ = false;
};

}  // namespace gannet::net
