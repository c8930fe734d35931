#include <charconv>

#include "base/text.hpp"
#include "conf/settings.hpp"

namespace gannet::conf {
namespace {

template <class T>
bool parse_number(std::string_view text, T& out, T max) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size() && out <= max;
}

/// redis://[[user]:password@]host[:port][/db]. Nothing where it is something else.
std::optional<RedisAddress> parse_redis_url(std::string_view url) {
  constexpr std::string_view k_scheme = "redis://";
  if (!to_lower(url.substr(0, k_scheme.size())).starts_with(k_scheme)) return std::nullopt;
  url.remove_prefix(k_scheme.size());
  RedisAddress address;
  if (const auto slash = url.find('/'); slash != std::string_view::npos) {
    const auto db = url.substr(slash + 1);
    if (!db.empty() && !parse_number(db, address.db, 1'000'000)) return std::nullopt;
    url = url.substr(0, slash);
  }
  if (const auto at = url.rfind('@'); at != std::string_view::npos) {
    const auto credentials = url.substr(0, at);
    const auto colon = credentials.find(':');
    address.user = percent_decode(credentials.substr(0, colon));
    if (colon != std::string_view::npos) address.password = percent_decode(credentials.substr(colon + 1));
    url = url.substr(at + 1);
  }
  const auto bracket = url.starts_with('[') ? url.find(']') : 0;
  if (bracket == std::string_view::npos) return std::nullopt;
  const auto colon = url.find(':', bracket);
  if (colon != std::string_view::npos && !parse_number<std::uint16_t>(url.substr(colon + 1), address.port, 65535))
    return std::nullopt;
  auto host = url.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  address.host = std::string(host);
  return address.host.empty() || address.port == 0 ? std::nullopt : std::optional(address);
}

}  // namespace

Result<std::optional<RedisAddress>> redis_address(const Settings& settings) {
  const auto given = [&](std::string_view name) { return settings.is_given(name); };
  if (settings.redis_url.empty()) {
    const bool is_wanted =
        !settings.redis_host.empty() || given("REDIS_PORT") || given("REDIS_DB") || !settings.redis_password.empty();
    if (!is_wanted) return std::nullopt;
    return RedisAddress{.host = settings.redis_host.empty() ? "localhost" : settings.redis_host,
                        .port = std::uint16_t(settings.redis_port),
                        .db = int(settings.redis_db),
                        .password = settings.redis_password};
  }
  auto address = parse_redis_url(settings.redis_url);
  if (!address) return fail(ErrorKind::invalid, "REDIS_URL must be redis://[:password@]host[:port][/database]");
  const auto contradicts = [](std::string_view name, const auto& one, const auto& other) {
    return fail(ErrorKind::invalid, "REDIS_URL says {} and {} says {}; remove one of them", one, name, other);
  };
  if (!settings.redis_host.empty() && settings.redis_host != address->host)
    return contradicts("REDIS_HOST", address->host, settings.redis_host);
  if (given("REDIS_PORT") && settings.redis_port != address->port)
    return contradicts("REDIS_PORT", address->port, settings.redis_port);
  if (given("REDIS_DB") && settings.redis_db != address->db) return contradicts("REDIS_DB", address->db, settings.redis_db);
  if (address->password.empty()) address->password = settings.redis_password;
  if (!settings.redis_password.empty() && settings.redis_password != address->password)
    return fail(ErrorKind::invalid, "REDIS_URL and REDIS_PASSWORD hold different passwords; remove one of them");
  return address;
}

}  // namespace gannet::conf
