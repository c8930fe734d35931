#include "net/impl/dial.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "net/impl/guard.hpp"
#include "net/impl/host.hpp"
#include "net/impl/http_head.hpp"

namespace gannet::net {
namespace {

namespace asio = aio::asio;
using Socket = asio::ip::tcp::socket;
constexpr auto use_tuple = asio::as_tuple(asio::use_awaitable);

Refusal refused_by_policy(const Error& error) {
  return {403, "destination_ip_prohibited", error.message(), ConnectionRecord::State::refused};
}

Refusal not_resolved(const Error& error) {
  if (error.kind() == ErrorKind::timeout) return {504, "dns_timeout", "the name servers did not answer in time"};
  return {502, "dns_error", error.describe()};
}

Refusal not_connected(const std::string& place, const boost::system::error_code& error, bool is_timeout) {
  if (is_timeout) return {504, "connection_timeout", place + " did not accept the connection in time"};
  if (error == asio::error::connection_refused) return {502, "connection_refused", place + " refused the connection"};
  return {502, "destination_unavailable", fmt::format("{} cannot be reached: {}", place, error.message())};
}

/// Tries the addresses in order, each with an equal share of the time that is left.
aio::Task<std::expected<Dialled, Refusal>> connect_to_first(const ProxyContext& context, aio::TaskGroup& group, aio::Scope scope,
                                                            std::vector<Address> addresses, std::uint16_t port) {
  const auto whole = scope.within(context.options.connect_limit);
  Refusal last{504, "connection_timeout", "there was no time left to connect"};
  for (std::size_t i = 0; i < addresses.size() && whole.check(); ++i) {
    const asio::ip::tcp::endpoint endpoint(addresses[i], port);
    Socket socket(context.executor);
    Guard guard(group, context.executor, whole, whole.remaining() / (addresses.size() - i), [&socket](const Error&) {
      boost::system::error_code ignored;
      socket.close(ignored);
    });
    auto [error] = co_await socket.async_connect(endpoint, use_tuple);
    if (!error && socket.is_open()) {
      socket.set_option(asio::ip::tcp::no_delay(true), error);
      co_return Dialled{std::move(socket), addresses[i]};
    }
    last = not_connected(fmt::format("{} port {}", addresses[i].to_string(), port), error, guard.has_fired());
  }
  co_return std::unexpected(last);
}

/// CONNECT through the upstream proxy on a fresh connection to it (RFC 9110 §9.3.6). Reads byte by byte, so that nothing of the
/// tunnel is swallowed; the head is short and comes once for each connection.
aio::Task<std::optional<Refusal>> tunnel_through(Socket& socket, Authority target) {
  const std::string authority = fmt::format("{}:{}", target.host, target.port);
  const std::string request = fmt::format("CONNECT {} HTTP/1.1\r\nHost: {}\r\n\r\n", authority, authority);
  auto [error, sent] = co_await asio::async_write(socket, asio::buffer(request), use_tuple);
  std::string head;
  while (!error && !find_head_end(head, head.size())) {
    if (head.size() >= k_head_bytes_max)
      co_return Refusal{502, "http_response_header_section_size", "the upstream proxy's answer is too long"};
    char byte = 0;
    auto [read_error, count] = co_await socket.async_read_some(asio::buffer(&byte, 1), use_tuple);
    error = read_error;
    head.append(&byte, count);
  }
  if (error) co_return Refusal{502, "connection_terminated", "the upstream proxy closed the connection: " + error.message()};
  auto answer = ResponseHead::parse(head);
  if (!answer) co_return Refusal{502, "http_protocol_error", "the upstream proxy does not speak HTTP/1"};
  if (answer->status / 100 != 2)
    co_return Refusal{502, "destination_unavailable", fmt::format("the upstream proxy answered {}", answer->status)};
  co_return std::nullopt;
}

aio::Task<std::expected<Dialled, Refusal>> dial_through_proxy(const ProxyContext& context, aio::TaskGroup& group,
                                                              aio::Scope scope, Authority target) {
  if (is_ip_host(target.host)) {
    const auto literal = parse_address(target.host);
    if (!literal) co_return std::unexpected(Refusal{400, "http_request_error", literal.error().message()});
    if (auto checked = context.policy.check(*literal, target.port); !checked)
      co_return std::unexpected(refused_by_policy(checked.error()));
  }
  const Authority proxy = *context.options.upstream_proxy;
  auto addresses = co_await context.resolver.resolve(scope.within(context.options.resolve_limit), proxy.host, proxy.port);
  if (!addresses) co_return std::unexpected(not_resolved(addresses.error()));
  for (const auto& address : *addresses)
    if (auto checked = context.policy.check_port(address, proxy.port); !checked)
      co_return std::unexpected(refused_by_policy(checked.error()));
  auto dialled = co_await connect_to_first(context, group, scope, std::move(*addresses), proxy.port);
  if (!dialled) co_return dialled;
  dialled->is_through_proxy = true;
  std::optional<Refusal> refusal;
  {
    Socket& socket = dialled->socket;
    const Guard guard(group, context.executor, scope, context.options.connect_limit, [&socket](const Error&) {
      boost::system::error_code ignored;
      socket.close(ignored);
    });
    refusal = co_await tunnel_through(socket, std::move(target));
    if (guard.has_fired()) refusal = Refusal{504, "connection_timeout", "the upstream proxy did not answer in time"};
  }
  if (refusal) co_return std::unexpected(*refusal);
  co_return dialled;
}

}  // namespace

aio::Task<std::expected<Dialled, Refusal>> dial(const ProxyContext& context, aio::TaskGroup& group, aio::Scope scope,
                                                Authority target) {
  if (context.options.upstream_proxy) co_return co_await dial_through_proxy(context, group, scope, std::move(target));
  auto addresses = co_await context.resolver.resolve(scope.within(context.options.resolve_limit), target.host, target.port);
  if (!addresses) co_return std::unexpected(not_resolved(addresses.error()));
  std::vector<Address> allowed;
  std::optional<Error> denied;
  for (const auto& address : *addresses) {
    auto checked = context.policy.check(address, target.port);
    if (checked)
      allowed.push_back(address);
    else if (!denied)
      denied = checked.error();
  }
  if (allowed.empty())
    co_return std::unexpected(refused_by_policy(denied.value_or(Error(ErrorKind::denied, "the name has no address"))));
  co_return co_await connect_to_first(context, group, scope, std::move(allowed), target.port);
}

}  // namespace gannet::net
