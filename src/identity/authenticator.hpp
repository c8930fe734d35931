// Authenticator: from the credentials of a request to its Principal. What the database says of a key or a login session is
// remembered for a few seconds, so that a revocation holds within that time on every instance, and a busy client does not cost
// a query each time. Belongs to the thread of its io_context.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <unordered_map>

#include "aio/aio.hpp"
#include "base/clock.hpp"
#include "db/database.hpp"
#include "identity/access_token.hpp"
#include "identity/principal.hpp"

namespace gannet::identity {

class Authenticator {
 public:
  /// How long a revoked key or login session may still be accepted.
  static constexpr std::chrono::seconds k_memory{5};

  /// All outlive it.
  Authenticator(db::Database& database, const Clock& clock, const TokenKeys& keys)
      : database_(database), clock_(clock), keys_(keys) {}

  /// Of "Authorization: Bearer …". Errors: `denied` (API: 401), the database's.
  aio::Task<Result<Principal>> authenticate_token(aio::Scope scope, std::string token);
  /// Of "X-API-Key: …". Errors: the same.
  aio::Task<Result<Principal>> authenticate_api_key(aio::Scope scope, std::string key);

  /// After a change made here: asks the database anew.
  void forget() { remembered_.clear(); }

 private:
  struct Remembered {
    SteadyInstant until;
    /// Nothing: refused.
    std::optional<Principal> principal;
    /// When last_used_at of a key has to be written again.
    SteadyInstant touch_at;
  };
  Remembered* find_remembered(const std::string& what);
  void remember(const std::string& what, Remembered entry);

  db::Database& database_;
  const Clock& clock_;
  const TokenKeys& keys_;
  std::unordered_map<std::string, Remembered> remembered_;
};

}  // namespace gannet::identity
