#include "identity/api_keys.hpp"

#include <algorithm>

#include "base/sha256.hpp"
#include "base/text.hpp"
#include "identity/impl/secret.hpp"
#include "identity/users.hpp"

namespace gannet::identity {

namespace {

constexpr std::string_view k_columns =
    "id, organisation_id, user_id, name, prefix, scopes, rate_limit, enabled, created_at, expires_at, last_used_at, revoked_at";
constexpr std::size_t k_name_bytes_max = 255;
constexpr std::size_t k_prefix_length = 8;
constexpr std::int64_t k_touch_interval_ms = 60'000;

std::string make_key() { return impl::make_secret(k_api_key_length * 3 / 4); }

std::string select(std::string_view rest) { return "SELECT " + std::string(k_columns) + " FROM api_keys " + std::string(rest); }

Result<void> check_name(std::string_view name) {
  if (trim(name).empty() || name.size() > k_name_bytes_max || printable(name) != name)
    return fail(ErrorKind::invalid, "name: it must be text of 1 to {} bytes", k_name_bytes_max);
  return {};
}

Result<void> check_scopes(const Principal& by, const ScopeSet& scopes) {
  if (scopes.empty()) return fail(ErrorKind::invalid, "scopes: a key needs at least one");
  if (by.scopes.covers(scopes)) return {};
  return fail(ErrorKind::denied, "scopes: a key cannot do more than who makes it; you have '{}', the key would have '{}'",
              by.scopes.to_string(), scopes.to_string());
}

Result<void> check_rate_limit(int rate_limit) {
  if (rate_limit >= 1 && rate_limit <= 10'000) return {};
  return fail(ErrorKind::invalid, "rate_limit is {}; it must be 1 to 10000 requests a minute", rate_limit);
}

Result<void> check_expiry(db::Tx& tx, std::optional<Instant> expires_at) {
  if (!expires_at) return {};
  const auto now = TRY(tx.query_one<Instant>("SELECT gannet_now()"));
  if (now && *expires_at > *now) return {};
  return fail(ErrorKind::invalid, "expires_at is {}, which is past", format_instant(*expires_at));
}

Result<ApiKey> get_api_key(db::Tx& tx, OrganisationId organisation, ApiKeyId id) {
  auto key = TRY(find_api_key(tx, organisation, id));
  if (!key) return fail(ErrorKind::not_found, "there is no API key {}", id.to_string());
  return *key;
}

std::unexpected<Error> already_revoked(const ApiKey& key) {
  return fail(ErrorKind::conflict, "the API key {} was revoked; make a new one", key.id.to_string());
}

}  // namespace

Result<NewApiKey> create_api_key(db::Tx& tx, const Principal& by, const ApiKeyRequest& request) {
  TRY(check_name(request.name));
  TRY(check_scopes(by, request.scopes));
  TRY(check_rate_limit(request.rate_limit));
  TRY(check_expiry(tx, request.expires_at));
  NewApiKey made;
  made.key = make_key();
  TRY(
      tx.execute("INSERT INTO api_keys (id, organisation_id, user_id, name, prefix, key_hash, scopes, rate_limit, enabled,"
                 " created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, gannet_now(), $10)",
                 request.id, by.organisation, by.user, request.name, made.key.substr(0, k_prefix_length), sha256_hex(made.key),
                 request.scopes.to_string(), request.rate_limit, true, request.expires_at));
  made.row = TRY(get_api_key(tx, by.organisation, request.id));
  return made;
}

Result<std::vector<ApiKey>> list_api_keys(db::Tx& tx, OrganisationId organisation, std::optional<UserId> user, int limit,
                                          int offset) {
  limit = std::clamp(limit, 1, 1000);
  offset = std::max(offset, 0);
  if (!user)
    return tx.query<ApiKey>(select("WHERE organisation_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2 OFFSET $3"),
                            organisation, limit, offset);
  return tx.query<ApiKey>(
      select("WHERE organisation_id = $1 AND user_id = $2 ORDER BY created_at DESC, id DESC LIMIT $3 OFFSET $4"), organisation,
      *user, limit, offset);
}

Result<std::optional<ApiKey>> find_api_key(db::Tx& tx, OrganisationId organisation, ApiKeyId id) {
  return tx.query_one<ApiKey>(select("WHERE organisation_id = $1 AND id = $2"), organisation, id);
}

Result<ApiKey> update_api_key(db::Tx& tx, const Principal& by, ApiKeyId id, const ApiKeyChange& change) {
  auto key = TRY(get_api_key(tx, by.organisation, id));
  if (key.revoked_at) return already_revoked(key);
  if (change.name) {
    TRY(check_name(*change.name));
    key.name = *change.name;
  }
  if (change.scopes) {
    TRY(check_scopes(by, *change.scopes));
    key.scopes = change.scopes->to_string();
  }
  if (change.rate_limit) {
    TRY(check_rate_limit(*change.rate_limit));
    key.rate_limit = *change.rate_limit;
  }
  if (change.expires_at) {
    TRY(check_expiry(tx, *change.expires_at));
    key.expires_at = *change.expires_at;
  }
  TRY(tx.execute(
      "UPDATE api_keys SET name = $3, scopes = $4, rate_limit = $5, enabled = $6, expires_at = $7"
      " WHERE organisation_id = $1 AND id = $2",
      by.organisation, id, key.name, key.scopes, key.rate_limit, change.enabled.value_or(key.enabled), key.expires_at));
  return get_api_key(tx, by.organisation, id);
}

Result<ApiKey> revoke_api_key(db::Tx& tx, OrganisationId organisation, ApiKeyId id) {
  TRY(
      tx.execute("UPDATE api_keys SET enabled = $3, revoked_at = gannet_now()"
                 " WHERE organisation_id = $1 AND id = $2 AND revoked_at IS NULL",
                 organisation, id, false));
  return get_api_key(tx, organisation, id);
}

Result<NewApiKey> rotate_api_key(db::Tx& tx, OrganisationId organisation, ApiKeyId id) {
  NewApiKey made;
  made.row = TRY(get_api_key(tx, organisation, id));
  if (made.row.revoked_at) return already_revoked(made.row);
  made.key = make_key();
  TRY(tx.execute("UPDATE api_keys SET key_hash = $3, prefix = $4, last_used_at = NULL WHERE organisation_id = $1 AND id = $2",
                 organisation, id, sha256_hex(made.key), made.key.substr(0, k_prefix_length)));
  made.row = TRY(get_api_key(tx, organisation, id));
  return made;
}

Result<std::optional<ApiKey>> find_usable_api_key(db::Tx& tx, std::string_view key_sha256) {
  auto key = TRY(tx.query_one<ApiKey>(
      select("WHERE key_hash = $1 AND enabled AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > gannet_now())"
             " AND EXISTS (SELECT 1 FROM organisations o WHERE o.id = organisation_id AND o.enabled)"),
      key_sha256));
  if (!key || !key->user) return key;
  const auto owner = TRY(find_user(tx, key->organisation, *key->user));
  if (!owner || !owner->enabled || owner->must_change_password) return std::nullopt;
  const auto owner_scopes = scopes_of(owner->role_of());
  ScopeSet both;
  for (const auto name : TRY(ScopeSet::parse(key->scopes)).names()) {
    const auto scope = find_scope(name);
    if (scope && owner_scopes.allows(*scope)) both.add(*scope);
  }
  key->scopes = both.to_string();
  return key;
}

Result<void> touch_api_key(db::Tx& tx, ApiKeyId id) {
  TRY(
      tx.execute("UPDATE api_keys SET last_used_at = gannet_now()"
                 " WHERE id = $1 AND (last_used_at IS NULL OR last_used_at <= gannet_later(gannet_now(), $2))",
                 id, -k_touch_interval_ms));
  return {};
}

}  // namespace gannet::identity
