// Resolver: host names to addresses, with a deadline, the operator's overrides and a short memory. It judges nothing: callers
// pass each address to AddressPolicy. Belongs to the single thread of the event loop; the lookups block threads of its own pool.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aio/aio.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "net/address.hpp"

namespace gannet::net {

/// One --resolve option: these addresses instead of what DNS says.
struct ResolveOverride {
  std::string host_suffix;            // ".test" of "*.test", "" of "*"; unused where `host` is set.
  std::optional<std::string> host;    // The exact host.
  std::optional<std::uint16_t> port;  // Any port where absent.
  std::vector<Address> addresses;

  /// "HOST:PORT:ADDRESS[,ADDRESS…]". HOST is a name, "*.suffix" or "*"; PORT a number or "*"; ADDRESS is IPv4 or [IPv6].
  /// Errors: `invalid`, naming the part that is wrong.
  static Result<ResolveOverride> parse(std::string_view text);
  bool matches(std::string_view for_host, std::uint16_t for_port) const;
};

class Resolver {
 public:
  struct Options {
    std::vector<ResolveOverride> overrides{};  // The first that matches wins.
    std::size_t threads = 8;
    std::size_t lookups_max = 256;  // At once, waiting for a thread included; more are `exhausted`.
    std::chrono::milliseconds remembered_for{30'000};
    std::size_t remembered_max = 4096;
    /// Instead of the C library; called on a thread of the pool.
    std::function<Result<std::vector<Address>>(const std::string& host)> look_up_for_test{};
  };

  Resolver(aio::Executor executor, const Clock& clock, Options options);
  /// Waits for lookups that the C library has begun; each ends within its own time limit (resolv.conf(5), 5 s by default, per
  /// server).
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  /// All addresses of `host` (as Url::host()), in the order of RFC 6724, never empty. A literal is itself; a name under
  /// .localhost is loopback (RFC 6761 §6.3). Errors: `not_found` (no such name or no address), `timeout` and `cancelled` (the
  /// scope's), `exhausted`, `unavailable` (the name servers do not answer).
  aio::Task<Result<std::vector<Address>>> resolve(aio::Scope scope, std::string host, std::uint16_t port);

 private:
  struct Memory {
    std::vector<Address> addresses;
    SteadyInstant until;
  };
  void remember(const std::string& host, const std::vector<Address>& addresses);

  aio::Executor executor_;
  const Clock& clock_;
  Options options_;
  std::map<std::string, Memory, std::less<>> memory_;
  std::shared_ptr<std::atomic<std::size_t>> running_;
  aio::asio::thread_pool pool_;
};

}  // namespace gannet::net
