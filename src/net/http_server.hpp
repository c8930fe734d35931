// HttpServer: HTTP/1.1 for the API. It reads requests within limits, hands each to one handler, and writes what the handler
// returns: compressed where that pays, in order where requests are pipelined. It knows no routes.
//
// Owned by the composition root; belongs to the single thread of the event loop. TLS is a proxy's task.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "aio/aio.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/units.hpp"
#include "net/address.hpp"
#include "net/http_message.hpp"

namespace gannet::net {

struct HttpServerOptions {
  Bytes head_bytes_max = 16_KiB;
  Bytes body_bytes_max = 1_MiB;
  /// Instead of body_bytes_max, by what is known before the body is read.
  std::function<Bytes(const HttpRequest& head)> body_bytes_max_for{};
  std::size_t connections_max = 1024;
  /// From one address; trusted proxies are exempt, since they bring many clients.
  std::size_t connections_per_peer_max = 128;
  std::size_t requests_per_connection_max = 10'000;
  std::chrono::milliseconds head_limit{10'000};  // From the first byte to the last.
  std::chrono::milliseconds body_limit{30'000};
  std::chrono::milliseconds idle_limit{75'000};     // Between requests.
  std::chrono::milliseconds handler_limit{30'000};  // The deadline of the handler's scope; a stream's scope has none.
  /// For each 64 KiB that the client takes: a slower reader is dropped.
  std::chrono::milliseconds write_limit{30'000};
  std::vector<Network> trusted_proxies{};
};

/// One request and what became of it.
struct AccessEntry {
  Address client;
  std::string method;
  std::string target;  // Path without query, which may hold secrets.
  int status = 0;
  std::uint64_t response_bytes = 0;
  std::chrono::microseconds duration{0};
};

struct HttpServerCounters {
  std::size_t connections = 0;
  std::size_t streams = 0;
  std::uint64_t connections_total = 0;
  std::uint64_t connections_refused_total = 0;
  std::uint64_t requests_total = 0;
  std::uint64_t requests_refused_total = 0;  // Not well-formed, too large, too slow.
};

class HttpServer {
 public:
  /// Answers every request that could be read. HEAD is answered as GET would be; the server leaves the body out. The scope ends
  /// at handler_limit or when the server stops. Must not throw.
  using Handler = std::function<aio::Task<HttpResponse>(aio::Scope, HttpRequest)>;
  /// The response to what never reaches the handler.
  using RefusalWriter = std::function<HttpResponse(int status, const std::string& reason)>;
  using AccessLog = std::function<void(const AccessEntry&)>;

  /// `clock` outlives the server.
  HttpServer(aio::Executor executor, const Clock& clock, HttpServerOptions options, Handler handler);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  void set_refusal_writer(RefusalWriter writer);
  void set_access_log(AccessLog log);

  /// Accepts connections at this address ("127.0.0.1", "0.0.0.0", "::", "localhost"); port 0 takes a free one. Errors: `invalid`
  /// for the host, `unavailable` or `denied` from the system, with what to do.
  Result<void> listen(std::string_view host, std::uint16_t port);
  /// The port that listen() took.
  std::uint16_t port() const;

  /// Accepts no more, closes idle connections, lets running requests end within `grace`, then cancels them. Idempotent.
  aio::Task<void> stop(std::chrono::milliseconds grace);

  HttpServerCounters counters() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace gannet::net
