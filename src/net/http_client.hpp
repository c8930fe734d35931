// HttpClient: Gannet's own fetches (feeds, robots, webhooks), held to the same address policy as a browser's traffic: each host
// is resolved once, every address is checked, and only checked addresses are connected to, again after each redirect.
// Certificates are always verified. Proxies and credentials of the environment are not used.
//
// Owned by the composition root; belongs to the single thread of the event loop.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "aio/aio.hpp"
#include "base/error.hpp"
#include "base/units.hpp"
#include "net/address.hpp"
#include "net/http_message.hpp"
#include "net/resolver.hpp"
#include "net/url.hpp"

namespace gannet::net {

struct FetchRequest {
  std::string method = "GET";
  Url url;
  HttpHeaders headers{};
  std::string body{};
  Bytes body_bytes_max = 10_MiB;  // Of the response, after decompression.
  int redirects_max = 5;          // 0 returns a redirect as it came.
};

struct FetchResponse {
  int status = 0;
  HttpHeaders headers{};
  std::string body{};
  Url url;  // After redirects.
};

class HttpClient {
 public:
  struct Options {
    std::string user_agent = "gannet";
    std::string ca_file{};  // Certificates that are trusted instead of the system's.
    std::chrono::milliseconds connect_limit{10'000};
    std::size_t fetches_max = 64;  // At once; more are `exhausted`.
  };

  /// `resolver` and `policy` outlive the client.
  HttpClient(aio::Executor executor, Resolver& resolver, const AddressPolicy& policy, Options options);
  /// After stop().
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// Any status is a response. A redirect with 303, or with 301 or 302 after POST, is followed by GET; Authorization, Cookie and
  /// X-API-Key do not go to another origin, and nothing goes from https to http. Errors: `timeout` and `cancelled` (the scope's),
  /// `denied` (address policy, certificate, downgrade), `not_found` (no such host), `unavailable` (connection), `exhausted`
  /// (larger than body_bytes_max, too many redirects), `protocol`, `invalid` (scheme).
  aio::Task<Result<FetchResponse>> fetch(aio::Scope scope, FetchRequest request);

  /// Ends running fetches with `cancelled`. Idempotent.
  aio::Task<void> stop();

 private:
  aio::Task<Result<FetchResponse>> fetch_once(aio::Scope scope, const FetchRequest& request);

  class Transfers;
  Resolver& resolver_;
  const AddressPolicy& policy_;
  Options options_;
  std::size_t running_ = 0;
  std::unique_ptr<Transfers> transfers_;
};

}  // namespace gannet::net
