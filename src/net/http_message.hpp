// What an HTTP request and its response are to the code that answers it: plain values, whatever reads and writes them. Pure; the
// one thing that waits is a streamed body, which belongs to the single thread of the event loop.
#pragma once

#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aio/aio.hpp"
#include "base/error.hpp"
#include "net/address.hpp"

namespace gannet::net {

/// Header fields in their order. Names are compared without regard to case.
class HttpHeaders {
 public:
  using Field = std::pair<std::string, std::string>;

  HttpHeaders() = default;
  HttpHeaders(std::initializer_list<Field> fields) : fields_(fields) {}

  /// The first field of this name.
  std::optional<std::string_view> find(std::string_view name) const;
  /// All fields of this name joined by ", " (RFC 9110 §5.3); empty where there is none.
  std::string joined(std::string_view name) const;
  bool contains(std::string_view name) const { return find(name).has_value(); }
  void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
  /// Instead of all fields of this name.
  void set(std::string name, std::string value);
  void remove(std::string_view name);

  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }
  std::size_t size() const { return fields_.size(); }

 private:
  std::vector<Field> fields_;
};

struct HttpRequest {
  std::string method{};
  /// Begins with "/"; still percent-encoded. "*" for OPTIONS *.
  std::string path{};
  std::string query{};  // Without "?", still percent-encoded.
  HttpHeaders headers{};
  std::string body{};
  /// Who asks: the peer of the connection, or behind trusted proxies the address they report (see forwarded.hpp).
  Address client{};
  /// Whether the client speaks TLS to the first trusted proxy.
  bool is_secure = false;

  bool is_head() const { return method == "HEAD"; }
};

/// The parameters of a query in their order; "+" is a space, escapes are decoded.
std::vector<std::pair<std::string, std::string>> parse_query(std::string_view query);

/// Where a streamed body goes. write() returns when the bytes are with the kernel, so a slow reader slows its writer.
class BodySink {
 public:
  virtual ~BodySink() = default;
  /// Errors: `unavailable` when the client has left, `timeout` when it does not read, `cancelled`.
  virtual aio::Task<Result<void>> write(std::string bytes) = 0;
};

/// Writes the body piece by piece; its scope ends when the client leaves or the server stops. Returning ends the response.
using BodyStream = std::function<aio::Task<void>(aio::Scope, BodySink&)>;

/// A body that many responses share, compressed once.
struct PreparedBody {
  explicit PreparedBody(std::string content);
  std::string plain;
  std::string gzip;
  std::string etag;  // Quoted, from the content.
};

struct HttpResponse {
  int status = 200;
  HttpHeaders headers{};
  std::string body{};
  std::shared_ptr<const PreparedBody> prepared{};  // Instead of `body`.
  BodyStream stream{};                             // Instead of `body`; the connection ends with it.

  static HttpResponse text(int status, std::string content_type, std::string body);
};

/// "Not Found"; empty for a status that RFC 9110 and its extensions do not name.
std::string_view reason_phrase(int status);

/// Whether a list of entity tags, as If-None-Match and If-Match carry it, names `etag` or everything. Compared weakly (RFC 9110
/// §8.8.3.2), because a proxy that compresses makes strong tags weak.
bool matches_etag(std::string_view list, std::string_view etag);

/// The response to a GET of content with a tag: 304 without a body where the client has it already.
HttpResponse with_etag(const HttpRequest& request, HttpResponse response, const std::string& etag);

}  // namespace gannet::net
