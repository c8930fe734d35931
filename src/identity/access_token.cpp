#include "identity/access_token.hpp"

#include <sys/stat.h>

#include <array>
#include <initializer_list>

#include <boost/json.hpp>

#include "base/file.hpp"
#include "base/log.hpp"
#include "base/sha256.hpp"
#include "base/text.hpp"
#include "identity/impl/secret.hpp"

namespace gannet::identity {

namespace json = boost::json;

namespace {

constexpr std::size_t k_token_bytes_max = 8192;
constexpr std::string_view k_issuer = "gannet";
constexpr std::string_view k_key_file = "token.key";
/// How far the clock of the instance that made a token may be ahead.
constexpr std::chrono::minutes k_clock_difference_max{1};

std::unexpected<Error> refused(std::string_view why) { return fail(ErrorKind::denied, "the access token {}", why); }

/// Tells keys apart without telling anything of them.
std::string key_id(std::string_view key) { return sha256_hex(impl::hmac_sha256(key, "gannet token key id")).substr(0, 8); }

/// Only what encode_base64url() writes: no padding, no stray bits in the last character.
std::optional<std::string> decode_canonical(std::string_view text) {
  auto bytes = decode_base64url(text);
  if (!bytes || encode_base64url(*bytes) != text) return std::nullopt;
  return bytes;
}

Result<json::object> parse_object(std::string_view text) {
  boost::system::error_code error;
  auto value = json::parse(text, error);
  if (error || !value.is_object()) return refused("is damaged");
  return std::move(value.as_object());
}

std::optional<std::string> text_claim(const json::object& claims, std::string_view name) {
  const auto* value = claims.if_contains(name);
  if (!value || !value->is_string()) return std::nullopt;
  return std::string(value->as_string());
}

std::optional<Instant> time_claim(const json::object& claims, std::string_view name) {
  const auto* value = claims.if_contains(name);
  if (!value || !value->is_int64()) return std::nullopt;
  // Year 9999: more does not fit into an Instant.
  if (value->as_int64() < 0 || value->as_int64() > 253'402'300'799) return std::nullopt;
  return Instant(std::chrono::seconds(value->as_int64()));
}

Result<void> check_secret(std::string_view name, std::string_view secret) {
  if (secret.size() < k_secret_bytes_min)
    return fail(ErrorKind::invalid, "{} has {} bytes; it must have {} or more, as from: openssl rand -base64 48", name,
                secret.size(), k_secret_bytes_min);
  return {};
}

Result<std::string> load_key_file(const std::filesystem::path& path) {
  struct stat status{};
  if (stat(path.c_str(), &status) == 0 && (status.st_mode & 077) != 0)
    return fail(ErrorKind::invalid, "{} can be read by others, who could make themselves tokens; chmod 600 it", path.string());
  auto secret = read_file(path, 4_KiB);
  if (!secret && secret.error().kind() == ErrorKind::not_found) {
    // Several processes may begin at once: the first to link its file has made the key, and all read that one.
    const auto mine = std::filesystem::path(path).concat("." + impl::make_secret(9));
    TRY(write_file_atomically(mine, impl::make_secret(48) + "\n", 0600));
    std::error_code error;
    std::filesystem::create_hard_link(mine, path, error);
    std::error_code ignored;
    std::filesystem::remove(mine, ignored);
    if (error && error != std::errc::file_exists)
      return std::unexpected(Error(file_error_kind(error.value()), "cannot make " + path.string(), error));
    secret = read_file(path, 4_KiB);
  }
  if (!secret) return pass(secret, "key of access tokens");
  auto key = std::string(trim(*secret));
  TRY(check_secret(path.string(), key));
  return key;
}

}  // namespace

Result<TokenKeys> TokenKeys::load(std::string_view secret, std::string_view previous_secret,
                                  const std::filesystem::path& data_dir) {
  TokenKeys keys;
  if (secret.empty()) {
    keys.current = TRY(load_key_file(data_dir / k_key_file));
  } else {
    TRY(check_secret("JWT_SECRET_KEY", secret));
    keys.current = secret;
  }
  if (!previous_secret.empty()) {
    TRY(check_secret("JWT_SECRET_KEY_PREVIOUS", previous_secret));
    keys.previous = previous_secret;
  }
  return keys;
}

std::string sign_token(std::string_view payload, const TokenKeys& keys) {
  const auto header = fmt::format(R"({{"alg":"HS256","typ":"JWT","kid":"{}"}})", key_id(keys.current));
  auto token = encode_base64url(header) + "." + encode_base64url(payload);
  const auto mac = impl::hmac_sha256(keys.current, token);
  token += "." + encode_base64url(mac);
  return token;
}

Result<std::string> verify_token(std::string_view token, const TokenKeys& keys) {
  if (token.size() > k_token_bytes_max) return refused("is too long");
  const auto parts = split(token, '.');
  if (parts.size() != 3) return refused("is damaged");
  const auto header_text = decode_canonical(parts[0]);
  const auto payload = decode_canonical(parts[1]);
  const auto mac = decode_canonical(parts[2]);
  if (!header_text || !payload || !mac) return refused("is damaged");

  // The header only says whether this can be one of ours: which algorithm is used is not for the token to choose (RFC 8725 §3.1).
  const auto header = TRY(parse_object(*header_text));
  if (text_claim(header, "alg") != "HS256") return refused("is not signed with HS256");
  if (header.contains("crit")) return refused("has extensions that are not known here");

  const auto signed_part = token.substr(0, parts[0].size() + 1 + parts[1].size());
  for (const auto* key : {&keys.current, &keys.previous}) {
    if (!key->empty() && impl::is_same_secret(*mac, impl::hmac_sha256(*key, signed_part))) return *payload;
  }
  return refused("was not signed here, or with a key that has been replaced");
}

std::string make_access_token(const Principal& principal, Instant now, std::chrono::seconds lifetime, const TokenKeys& keys) {
  const auto seconds = [](Instant at) { return std::chrono::duration_cast<std::chrono::seconds>(at.time_since_epoch()).count(); };
  json::object claims;
  claims["iss"] = k_issuer;
  claims["sub"] = principal.user ? principal.user->to_string() : principal.name;
  claims["org"] = principal.organisation.to_string();
  if (principal.user) claims["email"] = principal.name;
  json::array scopes;
  for (const auto name : principal.scopes.names()) scopes.emplace_back(name);
  claims["scopes"] = std::move(scopes);
  if (principal.login_session) claims["sid"] = principal.login_session->to_string();
  claims["iat"] = seconds(now);
  claims["exp"] = seconds(now + lifetime);
  claims["jti"] = impl::make_secret(9);
  return sign_token(json::serialize(claims), keys);
}

Result<Principal> read_access_token(std::string_view token, Instant now, const TokenKeys& keys) {
  const auto payload = TRY(verify_token(token, keys));
  const auto claims = TRY(parse_object(payload));
  const auto organisation = text_claim(claims, "org");
  const auto subject = text_claim(claims, "sub");
  const auto issued = time_claim(claims, "iat");
  const auto expires = time_claim(claims, "exp");
  const auto* scopes = claims.if_contains("scopes");
  if (text_claim(claims, "iss") != k_issuer || !organisation || !subject || !issued || !expires || !scopes || !scopes->is_array())
    return refused("is of another program");
  if (now >= *expires) return refused("has expired");
  if (*issued > now + k_clock_difference_max) return refused("is from the future; compare the clocks of the machines");

  Principal principal;
  const auto organisation_id = OrganisationId::parse(*organisation);
  if (!organisation_id) return refused("is of another program");
  principal.organisation = *organisation_id;
  if (const auto email = text_claim(claims, "email")) {
    const auto user = UserId::parse(*subject);
    if (!user) return refused("is of another program");
    principal.user = *user;
    principal.name = *email;
  } else {
    principal.name = *subject;
  }
  if (const auto session = text_claim(claims, "sid")) {
    const auto id = LoginSessionId::parse(*session);
    if (!id) return refused("is of another program");
    principal.login_session = *id;
  }
  for (const auto& scope : scopes->as_array()) {
    // A scope that this version does not know allows nothing here.
    if (!scope.is_string()) return refused("is of another program");
    if (const auto known = find_scope(scope.as_string())) principal.scopes.add(*known);
  }
  return principal;
}

}  // namespace gannet::identity
