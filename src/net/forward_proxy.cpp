#include "net/forward_proxy.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.hpp"
#include "base/text.hpp"
#include "net/impl/connection.hpp"
#include "net/impl/gate_state.hpp"
#include "net/impl/peer.hpp"

namespace gannet::net {
namespace {

namespace asio = aio::asio;
using Tcp = asio::ip::tcp;
constexpr auto use_tuple = asio::as_tuple(asio::use_awaitable);

/// Whether this connection may use the gate.
bool is_expected_peer(GateState& gate, const Tcp::socket& peer) {
  if (!gate.options().peer_uid) return true;
  boost::system::error_code error;
  const auto remote = peer.remote_endpoint(error);
  if (error) return false;
  const auto local = peer.local_endpoint(error);
  if (error) return false;
  const auto uid = find_peer_uid(remote, local);
  if (uid && *uid == *gate.options().peer_uid) return true;
  if (!uid && uid.error().kind() == ErrorKind::not_found) return false;  // The peer has left already.
  ++gate.refused_peers;
  LOG_WARNING("proxy", "cut a connection to port {}: {}", gate.port(),
              uid ? fmt::format("it is of user {}, not {}", *uid, *gate.options().peer_uid) : uid.error().describe());
  return false;
}

/// Accepts until the gate closes.
aio::Task<void> accept(const ProxyContext* context, aio::TaskGroup* group, std::shared_ptr<GateState> gate) {
  const auto scope = group->scope().with(gate->closed());
  const auto watch = scope.watch([gate] {
    boost::system::error_code ignored;
    gate->acceptor().cancel(ignored);
  });
  while (scope.check()) {
    Tcp::socket peer(context->executor);
    auto [error] = co_await gate->acceptor().async_accept(peer, use_tuple);
    if (!scope.check()) break;
    if (error) {
      // Out of file descriptors, or the peer left already. Either way a short pause helps more than trying at once.
      LOG_WARNING("proxy", "accept on port {}: {}", gate->port(), error.message());
      co_await aio::sleep(context->executor, scope, std::chrono::milliseconds(50));
      continue;
    }
    if (gate->connections >= gate->options().connections_max || !is_expected_peer(*gate, peer)) continue;
    peer.set_option(Tcp::no_delay(true), error);
    ++gate->connections;
    group->spawn(Connection::serve(std::make_shared<Connection>(*context, *group, gate, std::move(peer))), "proxy connection");
  }
  gate->close();
}

}  // namespace

std::string_view to_string(ConnectionRecord::State state) {
  switch (state) {
    case ConnectionRecord::State::connecting: return "connecting";
    case ConnectionRecord::State::open: return "open";
    case ConnectionRecord::State::closed: return "closed";
    case ConnectionRecord::State::refused: return "refused";
    case ConnectionRecord::State::failed: return "failed";
    case ConnectionRecord::State::cut: return "cut";
  }
  return "closed";
}

GateState::GateState(const ProxyContext& context, GateOptions options, Tcp::acceptor acceptor)
    : clock_(context.clock),
      policy_(context.policy),
      options_(options),
      acceptor_(std::move(acceptor)),
      port_(acceptor_.local_endpoint().port()) {
  policy_.refuse_port(port_);
}

void GateState::close() {
  if (!acceptor_.is_open()) return;
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  policy_.permit_port(port_);
  closed_.cancel("the gate is closed");
}

std::shared_ptr<ConnectionRecord> GateState::add_record(std::string host, std::uint16_t port) {
  auto record = std::make_shared<ConnectionRecord>();
  record->host = std::move(host);
  record->port = port;
  record->at = clock_.now();
  log_.push_back(record);
  if (log_.size() > options_.log_entries_max) {
    log_.pop_front();
    ++log_entries_dropped;
  }
  return record;
}

void GateState::set_address(ConnectionRecord& record, const Address& address) {
  record.address = address.to_string();
  if (record.is_through_proxy) return;
  if (last_addresses_.size() >= options_.log_entries_max) last_addresses_.erase(last_addresses_.begin());
  last_addresses_.insert_or_assign({record.host, record.port}, address);
}

std::optional<Address> GateState::last_address(std::string_view host, std::uint16_t port) const {
  const auto found = last_addresses_.find({std::string(host), port});
  return found == last_addresses_.end() ? std::nullopt : std::optional(found->second);
}

Gate::Gate(std::shared_ptr<GateState> state) : state_(std::move(state)) {}
Gate::Gate(Gate&&) noexcept = default;
Gate& Gate::operator=(Gate&& other) noexcept {
  if (this == &other) return *this;
  if (state_) state_->close();
  state_ = std::move(other.state_);
  return *this;
}
Gate::~Gate() {
  if (state_) state_->close();
}

std::uint16_t Gate::port() const { return state_->port(); }
std::string Gate::proxy_server() const { return fmt::format("http://127.0.0.1:{}", port()); }
void Gate::close() { state_->close(); }

std::vector<ConnectionRecord> Gate::log() const {
  std::vector<ConnectionRecord> copy;
  copy.reserve(state_->log().size());
  for (const auto& record : state_->log()) copy.push_back(*record);
  return copy;
}

std::uint64_t Gate::log_entries_dropped() const { return state_->log_entries_dropped; }
std::optional<Address> Gate::last_address(std::string_view host, std::uint16_t port) const {
  return state_->last_address(host, port);
}
std::uint64_t Gate::refused_peers() const { return state_->refused_peers; }
Bytes Gate::bytes_relayed() const { return state_->bytes_relayed; }

Result<Authority> parse_proxy_url(std::string_view text) {
  auto url = Url::parse(text);
  if (!url || url->scheme() != "http" || url->path() != "/" || !url->query().empty())
    return fail(ErrorKind::invalid, "--proxy \"{}\" must be http://host:port", printable(text, 200));
  if (url->had_credentials())
    return fail(ErrorKind::invalid, "--proxy: proxies that want a user name and password are not supported");
  return Authority{url->host(), url->port()};
}

ForwardProxy::ForwardProxy(aio::Executor executor, const Clock& clock, Resolver& resolver, AddressPolicy& policy,
                           ForwardProxyOptions options)
    : context_{executor, clock, resolver, policy, std::move(options)}, group_(executor) {}

Result<Gate> ForwardProxy::open_gate(GateOptions options) {
  if (is_stopped_) return fail(ErrorKind::unavailable, "the proxy is stopped");
  Tcp::acceptor acceptor(context_.executor);
  boost::system::error_code error;
  acceptor.open(Tcp::v4(), error);
  if (!error) acceptor.bind({asio::ip::address_v4::loopback(), 0}, error);
  if (!error) acceptor.listen(Tcp::acceptor::max_listen_connections, error);
  if (error) return std::unexpected(Error(ErrorKind::unavailable, "opening a port for a browser context", error));
  if (options.peer_uid) {
    // Asks about a socket that cannot exist, to learn now whether the kernel answers at all.
    auto asked = find_peer_uid({asio::ip::address_v4::loopback(), 0}, acceptor.local_endpoint());
    if (!asked && asked.error().kind() != ErrorKind::not_found) return pass(asked, "opening a port for a browser context");
  }
  auto state = std::make_shared<GateState>(context_, options, std::move(acceptor));
  group_.spawn(accept(&context_, &group_, state), "proxy gate");
  return Gate(std::move(state));
}

aio::Task<void> ForwardProxy::stop() {
  is_stopped_ = true;
  co_await group_.stop();
}

}  // namespace gannet::net
