// ForwardProxy: the only way from a browser to the network. It resolves each host once, checks every address by the operator's
// policy, connects to the checked address and to no other, and keeps account. It relays bytes and never looks into TLS.
//
// One ForwardProxy serves all browsers of the process; it opens one Gate, a loopback port of its own, for each browser context,
// so that the port says whose traffic it is. Belongs to the single thread of the event loop.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "aio/aio.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/units.hpp"
#include "net/address.hpp"
#include "net/resolver.hpp"
#include "net/url.hpp"

namespace gannet::net {

/// What became of one connection of a browser.
struct ConnectionRecord {
  enum class State {
    connecting,
    open,
    closed,   // Ended by one of its ends.
    refused,  // By policy; never connected.
    failed,   // Name, connection or request in error; never answered by the site.
    cut,      // By us: cap, idle limit, gate closed.
  };
  std::string host;  // Empty where the request could not be read.
  std::uint16_t port = 0;
  /// The address connected to; with `is_through_proxy` the upstream proxy's, whose choice of address for the host is not known.
  std::string address;
  bool is_through_proxy = false;
  Bytes bytes_up;
  Bytes bytes_down;
  State state = State::connecting;
  std::string reason;  // Why it was refused, failed or cut; empty otherwise.
  Instant at;
};

std::string_view to_string(ConnectionRecord::State state);

struct GateOptions {
  /// Only sockets of this user are served; those of others are cut and counted.
  std::optional<uid_t> peer_uid{};
  Bytes connection_bytes_max = 256_MiB;  // Both directions together.
  Bytes gate_bytes_max = 2_GiB;
  std::size_t connections_max = 512;  // At once; Chromium opens at most 32 for pages and 255 for WebSockets to one proxy.
  std::size_t log_entries_max = 10'000;
};

class GateState;

/// One browser context's way out. Movable; closing or destroying it stops the listener and cuts its connections, whose tasks end
/// within the next turns of the event loop. The log stays readable after close().
class Gate {
 public:
  explicit Gate(std::shared_ptr<GateState> state);
  Gate(Gate&&) noexcept;
  Gate& operator=(Gate&&) noexcept;
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;
  ~Gate();

  std::uint16_t port() const;
  /// "http://127.0.0.1:PORT", as Chromium's proxyServer takes it.
  std::string proxy_server() const;
  void close();

  /// In order of arrival, open connections included; the oldest are dropped above GateOptions::log_entries_max.
  std::vector<ConnectionRecord> log() const;
  std::uint64_t log_entries_dropped() const;
  /// Where the latest connection to this host and port went. Nothing when none was made, or through an upstream proxy.
  std::optional<Address> last_address(std::string_view host, std::uint16_t port) const;
  std::uint64_t refused_peers() const;
  Bytes bytes_relayed() const;

 private:
  std::shared_ptr<GateState> state_;
};

/// Reads a --proxy option: "http://host:port". Errors: `invalid`.
Result<Authority> parse_proxy_url(std::string_view text);

struct ForwardProxyOptions {
  /// Everything goes through this proxy by CONNECT. It resolves the names, so only literal addresses can be checked; its own
  /// address is the operator's word and is held to refused ports alone.
  std::optional<Authority> upstream_proxy{};
  std::chrono::milliseconds first_byte_limit{60'000};  // Browsers open connections ahead of need.
  std::chrono::milliseconds head_limit{10'000};        // From its first byte to its last.
  std::chrono::milliseconds resolve_limit{10'000};
  std::chrono::milliseconds connect_limit{15'000};  // All addresses of a host together.
  std::chrono::milliseconds idle_limit{300'000};
  std::chrono::milliseconds half_closed_limit{30'000};  // Idle, after one end has said that it sends no more.
  std::chrono::milliseconds linger_limit{2'000};        // For a client to read the last bytes and close.
};

/// What the proxy's connections share; outlives them, as it lies in the ForwardProxy.
struct ProxyContext {
  aio::Executor executor;
  const Clock& clock;
  Resolver& resolver;
  AddressPolicy& policy;
  ForwardProxyOptions options;
};

class ForwardProxy {
 public:
  /// `clock`, `resolver` and `policy` outlive the proxy and its gates. The proxy adds its gates' ports to the policy's refused
  /// ports.
  ForwardProxy(aio::Executor executor, const Clock& clock, Resolver& resolver, AddressPolicy& policy,
               ForwardProxyOptions options);

  /// Listens on 127.0.0.1 at a free port. Errors: `unavailable`, from the system or after stop().
  Result<Gate> open_gate(GateOptions options);
  /// Closes all gates and waits until no task of theirs runs. Idempotent.
  aio::Task<void> stop();

 private:
  ProxyContext context_;
  bool is_stopped_ = false;
  aio::TaskGroup group_;
};

}  // namespace gannet::net
