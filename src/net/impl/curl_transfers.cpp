#include "net/impl/curl_transfers.hpp"

#include <algorithm>
#include <map>

#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/assert.hpp"
#include "base/text.hpp"
#include "net/impl/curl_list.hpp"
#include "net/impl/host.hpp"

namespace gannet::net {
namespace {

namespace asio = aio::asio;
using std::chrono::steady_clock;
constexpr auto use_tuple = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t k_headers_max = 256;  // curl itself bounds each line and their sum (300 kB).

Address to_address(const sockaddr& from) {
  if (from.sa_family == AF_INET) return asio::ip::address_v4(ntohl(reinterpret_cast<const sockaddr_in&>(from).sin_addr.s_addr));
  asio::ip::address_v6::bytes_type bytes;
  std::copy_n(reinterpret_cast<const sockaddr_in6&>(from).sin6_addr.s6_addr, bytes.size(), bytes.begin());
  return asio::ip::address_v6(bytes);
}

/// The last word on where a connection goes: curl asks for a socket right before it connects.
curl_socket_t open_socket(void* of_transfer, curlsocktype, curl_sockaddr* to) {
  auto& transfer = *static_cast<Transfer*>(of_transfer);
  auto checked = to->family == AF_INET || to->family == AF_INET6
                     ? transfer.policy.check(to_address(to->addr), transfer.request.url.port())
                     : Result<void>(fail(ErrorKind::denied, "an address family other than IPv4 and IPv6"));
  if (!checked) {
    transfer.denied = checked.error().message();
    return CURL_SOCKET_BAD;
  }
  return ::socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

std::size_t take_body(char* bytes, std::size_t, std::size_t count, void* of_transfer) {
  auto& transfer = *static_cast<Transfer*>(of_transfer);
  if (transfer.body.size() + count > transfer.request.body_bytes_max.count) {
    transfer.is_too_large = true;
    return 0;
  }
  transfer.body.append(bytes, count);
  return count;
}

std::size_t take_header(char* bytes, std::size_t, std::size_t count, void* of_transfer) {
  auto& transfer = *static_cast<Transfer*>(of_transfer);
  const std::string_view line = trim({bytes, count});
  if (line.starts_with("HTTP/")) {  // An interim response (1xx) is replaced by the next.
    transfer.headers = {};
    return count;
  }
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return count;
  if (transfer.headers.size() >= k_headers_max) {
    transfer.is_too_large = true;
    return 0;
  }
  transfer.headers.add(std::string(line.substr(0, colon)), std::string(trim(line.substr(colon + 1))));
  return count;
}

/// "host:port:address,address", with which curl needs no resolver.
std::string resolve_entry(const Transfer& transfer) {
  std::vector<std::string> addresses;
  for (const auto& address : transfer.addresses)
    addresses.push_back(address.is_v6() ? "[" + address.to_string() + "]" : address.to_string());
  return fmt::format("{}:{}:{}", transfer.request.url.host(), transfer.request.url.port(), join(addresses, ","));
}

Error error_for(CURLcode code, const char* details, const Transfer& transfer) {
  const std::string shown = printable(transfer.request.url.origin(), 300);
  const std::string reason = *details != '\0' ? details : curl_easy_strerror(code);
  if (!transfer.denied.empty()) return {ErrorKind::denied, fmt::format("{}: {}", shown, transfer.denied)};
  if (transfer.is_too_large)
    return {ErrorKind::exhausted,
            fmt::format("{}: the answer is larger than {}", shown, format_bytes(transfer.request.body_bytes_max))};
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT: return {ErrorKind::timeout, fmt::format("{}: {}", shown, reason)};
    case CURLE_COULDNT_RESOLVE_HOST: return {ErrorKind::not_found, fmt::format("{}: {}", shown, reason)};
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR: return {ErrorKind::denied, fmt::format("{}: its certificate is not trusted: {}", shown, reason)};
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM: return {ErrorKind::protocol, fmt::format("{}: {}", shown, reason)};
    default: return {ErrorKind::unavailable, fmt::format("{}: {}", shown, reason)};
  }
}

/// Options and the lists they point to, which outlive the transfer.
class Easy {
 public:
  Easy(Transfer& transfer, aio::Scope scope) : handle_(curl_easy_init()) {
    ASSERT_INVARIANT(handle_ != nullptr, "curl starts unless memory is gone");
    const auto& request = transfer.request;
    if (!is_ip_host(request.url.host())) resolve_.add(resolve_entry(transfer));
    for (const auto& [name, value] : request.headers) headers_.add(name + ": " + value);
    headers_.add("Expect:");  // curl would wait a second for a "100 Continue" that few servers send.
    set(CURLOPT_URL, url_ = request.url.without_fragment());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_RESOLVE, resolve_.get());
    set(CURLOPT_HTTPHEADER, headers_.get());
    set(CURLOPT_USERAGENT, transfer.options.user_agent);
    set(CURLOPT_ACCEPT_ENCODING, "");
    set(CURLOPT_PROXY, "");
    set(CURLOPT_NETRC, long(CURL_NETRC_IGNORED));
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_SSL_VERIFYPEER, 1L);
    set(CURLOPT_SSL_VERIFYHOST, 2L);
    if (!transfer.options.ca_file.empty()) set(CURLOPT_CAINFO, transfer.options.ca_file);
    set(CURLOPT_CONNECTTIMEOUT_MS, long(transfer.options.connect_limit.count()));
    if (scope.has_deadline()) set(CURLOPT_TIMEOUT_MS, long(std::max<std::int64_t>(1, scope.remaining().count())));
    // A connection kept from another fetch was checked by the policy of its time only.
    set(CURLOPT_FORBID_REUSE, 1L);
    set(CURLOPT_FRESH_CONNECT, 1L);
    set(CURLOPT_OPENSOCKETFUNCTION, &open_socket);
    set(CURLOPT_OPENSOCKETDATA, &transfer);
    set(CURLOPT_WRITEFUNCTION, &take_body);
    set(CURLOPT_WRITEDATA, &transfer);
    set(CURLOPT_HEADERFUNCTION, &take_header);
    set(CURLOPT_HEADERDATA, &transfer);
    set(CURLOPT_ERRORBUFFER, details_);
    if (request.method == "HEAD") set(CURLOPT_NOBODY, 1L);
    if (!request.body.empty() || request.method == "POST") {
      set(CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(request.body.size()));
      set(CURLOPT_POSTFIELDS, request.body.data());
    }
    if (request.method != "GET" && request.method != "HEAD") set(CURLOPT_CUSTOMREQUEST, request.method);
  }
  ~Easy() { curl_easy_cleanup(handle_); }
  Easy(const Easy&) = delete;
  Easy& operator=(const Easy&) = delete;

  CURL* get() const { return handle_; }
  const char* details() const { return details_; }
  int status() const {
    long status = 0;
    curl_easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &status);
    return int(status);
  }

 private:
  template <class T>
  void set(CURLoption option, T value) {
    const auto done = curl_easy_setopt(handle_, option, value);
    ASSERT_INVARIANT(done == CURLE_OK, curl_easy_strerror(done));
  }
  void set(CURLoption option, const std::string& value) { set(option, value.c_str()); }

  CURL* handle_;
  CurlList resolve_;
  CurlList headers_;
  std::string url_;
  char details_[CURL_ERROR_SIZE] = {};
};

}  // namespace

HttpClient::Transfers::Transfers(aio::Executor executor)
    : executor_(executor), multi_(curl_multi_init()), changed_(executor), group_(executor) {
  ASSERT_INVARIANT(multi_ != nullptr, "curl starts unless memory is gone");
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &Transfers::on_socket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &Transfers::on_timer);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
}

HttpClient::Transfers::~Transfers() { curl_multi_cleanup(multi_); }

aio::Task<Result<int>> HttpClient::Transfers::perform(aio::Scope scope, Transfer& transfer) {
  const auto whole = scope.with(stopping_);
  if (auto ready = whole.check(); !ready) co_return pass(ready);
  Easy easy(transfer, whole);
  aio::OneShot<CURLcode> finished(executor_);
  running_.emplace(easy.get(), &finished);
  if (!is_keeping_time_) {
    is_keeping_time_ = true;
    group_.spawn(keep_time(this), "http client time");
  }
  curl_multi_add_handle(multi_, easy.get());
  auto code = co_await finished.wait(whole);
  curl_multi_remove_handle(multi_, easy.get());
  running_.erase(easy.get());
  changed_.notify_all();
  if (!code) co_return pass(code, printable(transfer.request.url.origin(), 300));
  if (*code != CURLE_OK) co_return std::unexpected(error_for(*code, easy.details(), transfer));
  co_return easy.status();
}

aio::Task<void> HttpClient::Transfers::stop() {
  stopping_.cancel("the HTTP client is stopping");
  while (!running_.empty()) co_await changed_.wait(aio::Scope::background());
  co_await group_.stop();
}

int HttpClient::Transfers::on_socket(CURL*, curl_socket_t socket, int wanted, void* self, void*) {
  static_cast<Transfers*>(self)->watch(socket, wanted);
  return 0;
}

int HttpClient::Transfers::on_timer(CURLM*, long timeout_ms, void* self) {
  auto& transfers = *static_cast<Transfers*>(self);
  transfers.wake_at_ = timeout_ms < 0 ? SteadyInstant::max() : steady_clock::now() + std::chrono::milliseconds(timeout_ms);
  transfers.changed_.notify_all();
  return 0;
}

void HttpClient::Transfers::watch(curl_socket_t socket, int wanted) {
  const auto known = sockets_.find(socket);
  if (wanted == CURL_POLL_REMOVE) {
    if (known == sockets_.end()) return;
    known->second->is_removed = true;
    known->second->descriptor.cancel();
    known->second->descriptor.release();
    sockets_.erase(known);
    return;
  }
  auto watched = known != sockets_.end() ? known->second : nullptr;
  if (!watched) {
    watched = std::make_shared<Watched>(executor_, socket);
    sockets_.emplace(socket, watched);
  }
  watched->wanted = wanted;
  if ((wanted & CURL_POLL_IN) != 0 && !watched->is_waiting_to_read) {
    watched->is_waiting_to_read = true;
    group_.spawn(wait_for(this, watched, CURL_POLL_IN), "http client read");
  }
  if ((wanted & CURL_POLL_OUT) != 0 && !watched->is_waiting_to_write) {
    watched->is_waiting_to_write = true;
    group_.spawn(wait_for(this, watched, CURL_POLL_OUT), "http client write");
  }
}

aio::Task<void> HttpClient::Transfers::wait_for(Transfers* self, std::shared_ptr<Watched> watched, int direction) {
  const bool is_read = direction == CURL_POLL_IN;
  auto& is_waiting = is_read ? watched->is_waiting_to_read : watched->is_waiting_to_write;
  while (!watched->is_removed && (watched->wanted & direction) != 0) {
    auto [error] = co_await watched->descriptor.async_wait(is_read ? Descriptor::wait_read : Descriptor::wait_write, use_tuple);
    if (watched->is_removed || error == asio::error::operation_aborted) break;
    const int socket = watched->descriptor.native_handle();
    self->act(socket, error ? CURL_CSELECT_ERR : is_read ? CURL_CSELECT_IN : CURL_CSELECT_OUT);
  }
  is_waiting = false;
}

/// Tells curl when the time it asked for has come, as long as anything runs.
aio::Task<void> HttpClient::Transfers::keep_time(Transfers* self) {
  const auto scope = self->group_.scope();
  while (!self->running_.empty() && scope.check()) {
    if (steady_clock::now() >= self->wake_at_) {
      self->wake_at_ = SteadyInstant::max();
      self->act(CURL_SOCKET_TIMEOUT, 0);
      continue;
    }
    const auto left = self->wake_at_ == SteadyInstant::max()
                          ? std::chrono::milliseconds(60'000)
                          : std::chrono::ceil<std::chrono::milliseconds>(self->wake_at_ - steady_clock::now());
    co_await self->changed_.wait(scope.within(left));
  }
  self->is_keeping_time_ = false;
}

void HttpClient::Transfers::act(curl_socket_t socket, int what) {
  int running = 0;
  curl_multi_socket_action(multi_, socket, what, &running);
  collect_finished();
}

void HttpClient::Transfers::collect_finished() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const auto found = running_.find(message->easy_handle);
    if (found != running_.end()) found->second->set(message->data.result);
  }
}

}  // namespace gannet::net
