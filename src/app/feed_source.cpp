#include "app/feed_source.hpp"

#include "base/version.hpp"
#include "net/url.hpp"

namespace gannet::app {

Result<std::vector<net::Network>> parse_networks(const char* setting, const conf::List& texts) {
  std::vector<net::Network> networks;
  for (const auto& text : texts) {
    auto network = net::Network::parse(text);
    if (!network) return pass(network, setting);
    networks.push_back(*network);
  }
  return networks;
}

schedule::Defaults schedule_defaults(const conf::Settings& settings) {
  schedule::Defaults defaults;
  defaults.timezone = settings.scheduler_timezone;
  defaults.policy.misfire = settings.job_coalesce ? schedule::MisfirePolicy::latest : schedule::MisfirePolicy::window;
  defaults.policy.misfire_grace = std::chrono::floor<std::chrono::seconds>(settings.job_misfire_grace_time);
  defaults.policy.instances_max = int(settings.job_max_instances);
  defaults.timeout = std::chrono::floor<std::chrono::seconds>(settings.scan_timeout);
  return defaults;
}

FeedSource::FeedSource(aio::Executor executor, const Clock& clock, net::AddressPolicy policy)
    : policy_(std::move(policy)),
      resolver_(executor, clock, {}),
      client_(executor, resolver_, policy_, {.user_agent = "gannet/" + std::string(version())}) {}

Result<std::unique_ptr<FeedSource>> FeedSource::make(aio::Executor executor, db::Database& database, const Clock& clock,
                                                     Random& random, const conf::Settings& settings) {
  if (settings.api_url.empty())
    return fail(ErrorKind::invalid, "API_URL is not set; it must be the address of the feed of schedules");
  if (auto url = net::Url::parse(settings.api_url); !url) return pass(url, "API_URL");
  std::unique_ptr<FeedSource> source(
      new FeedSource(std::move(executor), clock, net::AddressPolicy(TRY(parse_networks("ALLOW_NET", settings.allow_net)))));
  feed::FeedOptions options;
  options.url = settings.api_url;
  options.timeout = settings.request_timeout;
  options.defaults = schedule_defaults(settings);
  source->sync_ = std::make_unique<feed::FeedSync>(
      database, clock, random,
      [self = source.get()](aio::Scope scope, feed::FetchWanted wanted) {
        return self->fetch(std::move(scope), std::move(wanted));
      },
      options);
  return source;
}

aio::Task<Result<feed::Fetched>> FeedSource::fetch(aio::Scope scope, feed::FetchWanted wanted) {
  auto url = net::Url::parse(wanted.url);
  if (!url) co_return pass(url);
  net::FetchRequest request{.url = std::move(*url)};
  request.headers.add("Accept", "application/json");
  if (!wanted.etag.empty()) request.headers.add("If-None-Match", wanted.etag);
  request.body_bytes_max = wanted.size_max;
  auto response = co_await client_.fetch(std::move(scope), std::move(request));
  if (!response) co_return pass(response);
  const auto etag = response->headers.find("ETag");
  co_return feed::Fetched{.status = response->status, .body = std::move(response->body), .etag = std::string(etag.value_or(""))};
}

}  // namespace gannet::app
