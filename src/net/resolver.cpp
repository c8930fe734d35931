#include "net/resolver.hpp"

#include <algorithm>
#include <charconv>

#include <netdb.h>
#include <sys/socket.h>

#include "base/text.hpp"
#include "net/impl/host.hpp"

namespace gannet::net {
namespace {

Address to_address(const sockaddr* from) {
  if (from->sa_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(from);
    return boost::asio::ip::address_v4(ntohl(v4->sin_addr.s_addr));
  }
  const auto* v6 = reinterpret_cast<const sockaddr_in6*>(from);
  boost::asio::ip::address_v6::bytes_type bytes;
  std::ranges::copy(v6->sin6_addr.s6_addr, bytes.begin());
  return boost::asio::ip::address_v6(bytes, v6->sin6_scope_id);
}

Result<std::vector<Address>> look_up_blocking(const std::string& host) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* list = nullptr;
  const int status = getaddrinfo(host.c_str(), nullptr, &hints, &list);
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(list, [](addrinfo* l) {
    if (l) freeaddrinfo(l);
  });
  if (status == EAI_NONAME || status == EAI_NODATA || status == EAI_ADDRFAMILY)
    return fail(ErrorKind::not_found, "the name {} has no address in DNS", printable(host, 260));
  if (status == EAI_SYSTEM) return fail_errno(ErrorKind::unavailable, errno, "looking up {}", printable(host, 260));
  if (status != 0) return fail(ErrorKind::unavailable, "looking up {}: {}", printable(host, 260), gai_strerror(status));
  std::vector<Address> addresses;
  for (const addrinfo* entry = list; entry; entry = entry->ai_next)
    if (entry->ai_family == AF_INET || entry->ai_family == AF_INET6) addresses.push_back(to_address(entry->ai_addr));
  if (addresses.empty()) return fail(ErrorKind::not_found, "the name {} has no address in DNS", printable(host, 260));
  return addresses;
}

bool is_localhost(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  return host == "localhost" || host.ends_with(".localhost");
}

struct Counted {
  explicit Counted(std::shared_ptr<std::atomic<std::size_t>> count) : count_(std::move(count)) { ++*count_; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  ~Counted() { --*count_; }

 private:
  std::shared_ptr<std::atomic<std::size_t>> count_;
};

}  // namespace

Result<ResolveOverride> ResolveOverride::parse(std::string_view text) {
  const std::string shown = printable(text, 200);
  const auto first = text.find(':');
  const auto second = first == std::string_view::npos ? first : text.find(':', first + 1);
  if (second == std::string_view::npos)
    return fail(ErrorKind::invalid, "--resolve \"{}\" must be HOST:PORT:ADDRESS, like www.example.com:443:192.0.2.1", shown);
  ResolveOverride rule;
  const auto host = text.substr(0, first);
  const bool is_wildcard = host == "*" || host.starts_with("*.");
  const auto name = is_wildcard ? host.substr(std::min<std::size_t>(host.size(), 2)) : host;
  if (host != "*") {
    auto canonical = parse_host(name);
    if (!canonical || is_ip_host(*canonical) || name.find('*') != std::string_view::npos)
      return fail(ErrorKind::invalid, "--resolve \"{}\": HOST must be a name, *.suffix or *", shown);
    if (is_wildcard)
      rule.host_suffix = "." + *canonical;
    else
      rule.host = *canonical;
  }
  const auto port_text = text.substr(first + 1, second - first - 1);
  if (port_text != "*") {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(port_text.data(), port_text.data() + port_text.size(), port);
    if (error != std::errc() || end != port_text.data() + port_text.size() || port == 0)
      return fail(ErrorKind::invalid, "--resolve \"{}\": PORT must be 1 to 65535 or *", shown);
    rule.port = port;
  }
  for (const auto part : split(text.substr(second + 1), ',')) {
    auto address = parse_address(part);
    if (!address || (address->is_v6() && !part.starts_with('[')))
      return fail(ErrorKind::invalid, "--resolve \"{}\": ADDRESS must be IPv4 or [IPv6], without a port", shown);
    rule.addresses.push_back(*address);
  }
  return rule;
}

bool ResolveOverride::matches(std::string_view for_host, std::uint16_t for_port) const {
  if (port && *port != for_port) return false;
  if (for_host.ends_with('.')) for_host.remove_suffix(1);
  return host ? for_host == *host : for_host.ends_with(host_suffix);
}

Resolver::Resolver(aio::Executor executor, const Clock& clock, Options options)
    : executor_(std::move(executor)),
      clock_(clock),
      options_(std::move(options)),
      running_(std::make_shared<std::atomic<std::size_t>>(0)),
      pool_(options_.threads) {}

Resolver::~Resolver() {
  pool_.stop();
  pool_.join();
}

aio::Task<Result<std::vector<Address>>> Resolver::resolve(aio::Scope scope, std::string host, std::uint16_t port) {
  if (auto ready = scope.check(); !ready) co_return pass(ready);
  if (is_ip_host(host)) {
    auto literal = parse_address(host);
    if (!literal) co_return pass(literal);
    co_return std::vector<Address>{*literal};
  }
  for (const auto& rule : options_.overrides)
    if (rule.matches(host, port)) co_return rule.addresses;
  if (is_localhost(host))
    co_return std::vector<Address>{boost::asio::ip::address_v4::loopback(), boost::asio::ip::address_v6::loopback()};
  if (const auto known = memory_.find(host); known != memory_.end() && clock_.steady_now() < known->second.until)
    co_return known->second.addresses;
  if (*running_ >= options_.lookups_max)
    co_return fail(ErrorKind::exhausted, "{} names are being looked up already", running_->load());

  // Owned by the work: counted until the C library returns, not until the caller gives up, because only that frees the thread.
  const auto counted = std::make_shared<Counted>(running_);
  std::function<Result<std::vector<Address>>()> work = [host, counted, look_up = options_.look_up_for_test] {
    return look_up ? look_up(host) : look_up_blocking(host);
  };
  auto found = co_await aio::run_blocking<std::vector<Address>>(pool_, executor_, scope, std::move(work));
  if (found) remember(host, *found);
  co_return found;
}

void Resolver::remember(const std::string& host, const std::vector<Address>& addresses) {
  if (memory_.size() >= options_.remembered_max) memory_.clear();
  memory_.insert_or_assign(host, Memory{addresses, clock_.steady_now() + options_.remembered_for});
}

}  // namespace gannet::net
