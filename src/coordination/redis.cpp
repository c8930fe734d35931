#include "coordination/redis.hpp"

#include <charconv>

#include "base/text.hpp"
#include "coordination/impl/redis_coordination.hpp"

namespace gannet::coordination {

namespace {

constexpr std::string_view k_form = "redis://[[user]:password@]host[:port][/database] or unix:///path[?db=N]";

template <class T>
bool parse_number(std::string_view text, T& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

Result<int> parse_database(std::string_view text) {
  int database = 0;
  if (!parse_number(text, database) || database < 0)
    return fail(ErrorKind::invalid, "REDIS_URL: the database '{}' is not a number like 0", printable(text, 40));
  return database;
}

Result<RedisAddress> parse_unix(std::string_view rest) {
  RedisAddress address;
  const auto query = rest.find('?');
  address.socket_path = percent_decode(rest.substr(0, query));
  if (!address.socket_path.starts_with('/'))
    return fail(ErrorKind::invalid, "REDIS_URL: the path of the socket must begin with /, as in unix:///run/redis/redis.sock");
  if (query == std::string_view::npos) return address;
  for (const auto part : split(rest.substr(query + 1), '&')) {
    if (part.starts_with("db="))
      address.database = TRY(parse_database(part.substr(3)));
    else if (part.starts_with("password="))
      address.password = percent_decode(part.substr(9));
    else
      return fail(ErrorKind::invalid, "REDIS_URL: after ? there may be db=N and password=…");
  }
  return address;
}

Result<void> parse_host_port(std::string_view text, RedisAddress& address) {
  auto colon = text.rfind(':');
  if (text.starts_with('[')) {
    const auto bracket = text.find(']');
    if (bracket == std::string_view::npos) return fail(ErrorKind::invalid, "REDIS_URL: '[' has no ']'");
    address.host = text.substr(1, bracket - 1);
    colon = bracket + 1 < text.size() ? bracket + 1 : std::string_view::npos;
    if (colon != std::string_view::npos && text[colon] != ':') return fail(ErrorKind::invalid, "REDIS_URL must be {}", k_form);
  } else {
    address.host = percent_decode(text.substr(0, colon));
  }
  if (address.host.empty()) return fail(ErrorKind::invalid, "REDIS_URL has no host; it must be {}", k_form);
  if (colon == std::string_view::npos) return {};
  const auto port = text.substr(colon + 1);
  if (!parse_number(port, address.port) || address.port == 0)
    return fail(ErrorKind::invalid, "REDIS_URL: the port '{}' is not 1 to 65535", printable(port, 40));
  return {};
}

}  // namespace

std::string RedisAddress::describe() const {
  if (!socket_path.empty()) return "unix://" + printable(socket_path, 200) + "?db=" + std::to_string(database);
  const bool is_v6 = host.find(':') != std::string::npos;
  return fmt::format("redis://{}{}{}:{}/{}", is_v6 ? "[" : "", printable(host, 200), is_v6 ? "]" : "", port, database);
}

Result<RedisAddress> parse_redis_url(std::string_view url) {
  url = trim(url);
  const auto scheme_end = url.find("://");
  const auto scheme = to_lower(url.substr(0, scheme_end == std::string_view::npos ? 0 : scheme_end));
  if (scheme == "rediss")
    return fail(
        ErrorKind::invalid,
        "REDIS_URL: rediss:// is not supported; run a TLS tunnel such as stunnel beside Gannet and give redis://localhost");
  if (scheme == "unix") return parse_unix(url.substr(scheme_end + 3));
  // The URL is not repeated: it may hold a password.
  if (scheme != "redis") return fail(ErrorKind::invalid, "REDIS_URL must be {}", k_form);

  RedisAddress address;
  auto rest = url.substr(scheme_end + 3);
  if (const auto at = rest.rfind('@'); at != std::string_view::npos) {
    const auto credentials = rest.substr(0, at);
    const auto colon = credentials.find(':');
    if (colon == std::string_view::npos)
      return fail(ErrorKind::invalid, "REDIS_URL: before @ there must be a password after a colon, as in redis://:secret@host");
    address.user = percent_decode(credentials.substr(0, colon));
    address.password = percent_decode(credentials.substr(colon + 1));
    rest = rest.substr(at + 1);
  }
  const auto slash = rest.find('/');
  if (slash != std::string_view::npos && slash + 1 < rest.size()) address.database = TRY(parse_database(rest.substr(slash + 1)));
  TRY(parse_host_port(rest.substr(0, slash), address));
  return address;
}

std::unique_ptr<Coordination> make_redis_coordination(aio::Executor executor, const Clock& clock, Random& random,
                                                      CoordinationOptions options, RedisOptions redis) {
  return std::make_unique<impl::RedisCoordination>(std::move(executor), clock, random, std::move(options), std::move(redis));
}

}  // namespace gannet::coordination
