#include "app/make_coordination.hpp"

namespace gannet::app {

using coordination::RedisAddress;

Result<std::optional<RedisAddress>> redis_address(const conf::Settings& settings) {
  const auto given = [&](std::string_view name) { return settings.is_given(name); };
  if (settings.redis_url.empty()) {
    const bool is_wanted =
        !settings.redis_host.empty() || given("REDIS_PORT") || given("REDIS_DB") || !settings.redis_password.empty();
    if (!is_wanted) return std::nullopt;
    RedisAddress address;
    if (!settings.redis_host.empty()) address.host = settings.redis_host;
    address.port = std::uint16_t(settings.redis_port);
    address.database = int(settings.redis_db);
    address.password = settings.redis_password;
    return address;
  }
  auto address = TRY(coordination::parse_redis_url(settings.redis_url));
  const auto contradicts = [](std::string_view name, const auto& one, const auto& other) {
    return fail(ErrorKind::invalid, "REDIS_URL says {} and {} says {}; remove one of them", one, name, other);
  };
  const auto& host = address.socket_path.empty() ? address.host : address.socket_path;
  if (!settings.redis_host.empty() && settings.redis_host != host) return contradicts("REDIS_HOST", host, settings.redis_host);
  if (given("REDIS_PORT") && address.socket_path.empty() && settings.redis_port != address.port)
    return contradicts("REDIS_PORT", address.port, settings.redis_port);
  if (given("REDIS_DB") && settings.redis_db != address.database)
    return contradicts("REDIS_DB", address.database, settings.redis_db);
  if (address.password.empty()) address.password = settings.redis_password;
  if (!settings.redis_password.empty() && settings.redis_password != address.password)
    return fail(ErrorKind::invalid, "REDIS_URL and REDIS_PASSWORD hold different passwords; remove one of them");
  return address;
}

Result<std::unique_ptr<coordination::Coordination>> make_coordination(aio::Executor executor, const Clock& clock, Random& random,
                                                                      const conf::Settings& settings) {
  const coordination::CoordinationOptions options{.instance = coordination::make_instance_name(random)};
  auto address = TRY(redis_address(settings));
  if (!address) return coordination::make_in_process_coordination(std::move(executor), clock, random, options);
  return coordination::make_redis_coordination(std::move(executor), clock, random, options, {.address = std::move(*address)});
}

}  // namespace gannet::app
