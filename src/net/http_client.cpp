#include "net/http_client.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "net/impl/curl_transfers.hpp"

namespace gannet::net {
namespace {

bool is_redirect(int status) { return status == 301 || status == 302 || status == 303 || status == 307 || status == 308; }

/// The request that follows a redirect (Fetch Standard, "HTTP-redirect fetch"). Errors: `protocol`, `denied`.
Result<FetchRequest> redirected(FetchRequest request, const FetchResponse& response, std::string_view location) {
  auto target = resolve(request.url, location);
  if (!target)
    return fail(ErrorKind::protocol, "{} redirects to a bad address: {}", request.url.origin(), target.error().message());
  if (request.url.is_secure() && !target->is_secure())
    return fail(ErrorKind::denied, "{} redirects from https to {}", request.url.origin(), target->origin());
  const bool becomes_get = response.status == 303 ? request.method != "HEAD" : response.status <= 302 && request.method == "POST";
  if (becomes_get) {
    request.method = "GET";
    request.body.clear();
    request.headers.remove("Content-Type");
  }
  if (target->origin() != request.url.origin())
    for (const char* name : {"Authorization", "Cookie", "X-API-Key"}) request.headers.remove(name);
  request.url = std::move(*target);
  return request;
}

struct Counted {
  explicit Counted(std::size_t& count) : count_(count) { ++count_; }
  ~Counted() { --count_; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  std::size_t& count_;
};

}  // namespace

HttpClient::HttpClient(aio::Executor executor, Resolver& resolver, const AddressPolicy& policy, Options options)
    : resolver_(resolver),
      policy_(policy),
      options_(std::move(options)),
      transfers_(std::make_unique<Transfers>(std::move(executor))) {}

HttpClient::~HttpClient() = default;

aio::Task<void> HttpClient::stop() { return transfers_->stop(); }

aio::Task<Result<FetchResponse>> HttpClient::fetch(aio::Scope scope, FetchRequest request) {
  if (running_ >= options_.fetches_max) co_return fail(ErrorKind::exhausted, "{} fetches are running already", running_);
  const Counted counted(running_);
  for (int redirects = 0;; ++redirects) {
    auto response = co_await fetch_once(scope, request);
    if (!response || !is_redirect(response->status) || request.redirects_max == 0) co_return response;
    const auto location = response->headers.find("Location");
    if (!location) co_return response;
    if (redirects >= request.redirects_max)
      co_return fail(ErrorKind::exhausted, "{}: more than {} redirects", request.url.origin(), request.redirects_max);
    auto next = redirected(std::move(request), *response, *location);
    if (!next) co_return pass(next);
    request = std::move(*next);
  }
}

aio::Task<Result<FetchResponse>> HttpClient::fetch_once(aio::Scope scope, const FetchRequest& request) {
  const auto& url = request.url;
  if (url.scheme() != "http" && url.scheme() != "https")
    co_return fail(ErrorKind::invalid, "{} cannot be fetched: the scheme must be http or https", printable(url.origin(), 300));
  auto addresses = co_await resolver_.resolve(scope, url.host(), url.port());
  if (!addresses) co_return pass(addresses);
  std::optional<Error> denied;
  std::erase_if(*addresses, [&](const Address& address) {
    auto checked = policy_.check(address, url.port());
    if (!checked && !denied) denied = std::move(checked.error());
    return !checked;
  });
  if (addresses->empty()) co_return std::unexpected(std::move(*denied).with_context(printable(url.origin(), 300)));
  Transfer transfer{.request = request, .addresses = std::move(*addresses), .options = options_, .policy = policy_};
  auto status = co_await transfers_->perform(scope, transfer);
  if (!status) co_return pass(status);
  co_return FetchResponse{*status, std::move(transfer.headers), std::move(transfer.body), url};
}

}  // namespace gannet::net
