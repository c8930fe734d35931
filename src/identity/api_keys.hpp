// API keys: 64 url-safe random characters that stand for a user, with scopes, an expiry and a rate limit of their own. Only their
// SHA-256 is kept, so a key is shown once. Functions on a transaction of the caller's; the table `api_keys` is this module's.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/random.hpp"
#include "db/database.hpp"
#include "identity/principal.hpp"

namespace gannet::identity {

inline constexpr std::size_t k_api_key_length = 64;

struct ApiKey {
  ApiKeyId id;
  OrganisationId organisation;
  /// Who made it; nobody for one made on the command line.
  std::optional<UserId> user;
  std::string name;
  /// The first eight characters, by which people tell their keys apart.
  std::string prefix;
  /// As ScopeSet::to_string().
  std::string scopes;
  /// Requests a minute.
  int rate_limit = 100;
  bool enabled = true;
  Instant created_at;
  std::optional<Instant> expires_at;
  /// Within a minute.
  std::optional<Instant> last_used_at;
  std::optional<Instant> revoked_at;

  auto columns() {
    return std::tie(id, organisation, user, name, prefix, scopes, rate_limit, enabled, created_at, expires_at, last_used_at,
                    revoked_at);
  }
};

/// The one time that a key is known in full.
struct NewApiKey {
  ApiKey row;
  std::string key;
};

struct ApiKeyRequest {
  ApiKeyId id{};
  std::string name{};
  ScopeSet scopes{};
  /// 1 to 10000.
  int rate_limit = 100;
  std::optional<Instant> expires_at{};
};

/// Errors: `denied` where the scopes go beyond `by`'s; `invalid` for no scopes, a rate limit out of range, an expiry in the past,
/// a name of more than 255 bytes.
Result<NewApiKey> create_api_key(db::Tx& tx, const Principal& by, const ApiKeyRequest& request);

/// Those of one organisation; with `user`, those of one user. Newest first.
Result<std::vector<ApiKey>> list_api_keys(db::Tx& tx, OrganisationId organisation, std::optional<UserId> user, int limit = 100,
                                          int offset = 0);
Result<std::optional<ApiKey>> find_api_key(db::Tx& tx, OrganisationId organisation, ApiKeyId id);

struct ApiKeyChange {
  std::optional<std::string> name{};
  std::optional<ScopeSet> scopes{};
  std::optional<int> rate_limit{};
  std::optional<bool> enabled{};
  /// A contained nothing takes the expiry away.
  std::optional<std::optional<Instant>> expires_at{};
};
/// Errors: `not_found`; `conflict` for a revoked key; otherwise as create_api_key.
Result<ApiKey> update_api_key(db::Tx& tx, const Principal& by, ApiKeyId id, const ApiKeyChange& change);
/// For good. A revoked key stays in the list. Revoking twice is fine. Errors: `not_found`.
Result<ApiKey> revoke_api_key(db::Tx& tx, OrganisationId organisation, ApiKeyId id);
/// The same key with a new secret; the old one stops at once. Errors: `not_found`; `conflict` for a revoked one.
Result<NewApiKey> rotate_api_key(db::Tx& tx, OrganisationId organisation, ApiKeyId id);

/// What Authenticator asks: the row of a key that may be used now, by its secret. Nothing for a key that is unknown, disabled,
/// revoked or expired, or whose user or organisation is disabled. The scopes are what key and user's role have in common, so
/// that a user who loses rights does not keep them in a key.
Result<std::optional<ApiKey>> find_usable_api_key(db::Tx& tx, std::string_view key_sha256);
/// Sets last_used_at unless that was done within a minute.
Result<void> touch_api_key(db::Tx& tx, ApiKeyId id);

}  // namespace gannet::identity
