// Accounts: signing in and out, and passwords. Does the slow part, argon2id, on a thread of its own and the rest in transactions.
// Owned by the composition root; belongs to the thread of its io_context.
//
//   login:  wrong password → counted; 5 within 15 minutes → locked for 15 minutes, whoever asks and whether or not the user
//   exists tokens: log_in → access (15 min) + refresh; refresh → both anew, the old refresh token is spent; a spent one again →
//   all of
//           that login session revoked, because two parties hold it
#pragma once

#include <chrono>
#include <expected>
#include <optional>
#include <string>
#include <variant>

#include <boost/asio/thread_pool.hpp>

#include "aio/aio.hpp"
#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/random.hpp"
#include "db/database.hpp"
#include "identity/access_token.hpp"
#include "identity/audit.hpp"
#include "identity/password.hpp"
#include "identity/users.hpp"

namespace gannet::identity {

struct AccountOptions {
  std::chrono::seconds access_token_lifetime{std::chrono::minutes(15)};
  /// Since the last refresh, and since the login.
  std::chrono::seconds refresh_idle_max{std::chrono::days(14)};
  std::chrono::seconds refresh_lifetime{std::chrono::days(90)};
  int failures_max = 5;
  std::chrono::seconds failure_window{std::chrono::minutes(15)};
  std::chrono::seconds lock_duration{std::chrono::minutes(15)};
  PasswordRules password_rules;
  PasswordCost password_cost = PasswordCost::interactive;
  /// Hashes at once (64 MiB each), and callers that may wait for one before others are told `exhausted`.
  int hashes_at_once = 1;
  int hashes_waiting_max = 32;
};

struct LoginTokens {
  std::string access_token;
  std::string refresh_token;
  std::chrono::seconds expires_in{};
  User user;
  /// What the access token allows: nothing while the password must be changed.
  ScopeSet scopes;
};

/// Why a login was refused. Unknown addresses are told apart from wrong passwords nowhere, in time or in words.
struct LoginRefused {
  enum class Reason {
    wrong_credentials,
    locked,
    /// The password was right, but the user or the organisation is disabled.
    disabled,
  };
  Reason reason = Reason::wrong_credentials;
  /// For wrong_credentials: how many tries are left before the lock.
  int attempts_left = 0;
  /// For locked: since then tries are counted again.
  std::optional<Instant> locked_until;
  std::string message;
};
using LoginFailure = std::variant<LoginRefused, Error>;

class Accounts {
 public:
  /// `database`, `clock` and `random` outlive it; `clock` agrees with gannet_now().
  Accounts(aio::Executor executor, db::Database& database, const Clock& clock, Random& random, TokenKeys keys,
           AccountOptions options = {});
  ~Accounts();

  aio::Task<std::expected<LoginTokens, LoginFailure>> log_in(aio::Scope scope, std::string email, std::string password,
                                                             Origin origin);
  /// Errors: `denied` for a token that is unknown, spent, expired or revoked, or a user who is disabled.
  aio::Task<Result<LoginTokens>> refresh(aio::Scope scope, std::string refresh_token, Origin origin);
  /// Ends the login session of the principal; a principal without one is fine.
  aio::Task<Result<void>> log_out(aio::Scope scope, Principal principal, Origin origin);
  /// Ends all login sessions of the user.
  aio::Task<Result<void>> log_out_everywhere(aio::Scope scope, Principal principal, Origin origin);

  /// Counts wrong old passwords as failed logins. Other login sessions of the user end. Errors: `denied` for a wrong or locked
  /// old password or a principal that is no user; `invalid` for a new one against the rules, or equal to the old one.
  aio::Task<Result<LoginTokens>> change_password(aio::Scope scope, Principal principal, std::string old_password,
                                                 std::string new_password, Origin origin);

  struct UserRequest {
    std::string email{};
    std::string name{};
    Role role = Role::viewer;
    /// Empty: one is made. Either way it must be changed at the first login.
    std::string password{};
  };
  struct CreatedUser {
    User user;
    /// Only where it was made here.
    std::string password;
  };
  /// In the principal's organisation. Errors: `denied` for a role with more scopes than the principal's; `conflict` for an
  /// address in use; `invalid`.
  aio::Task<Result<CreatedUser>> create_user(aio::Scope scope, Principal by, UserRequest request, Origin origin);
  /// A new password for somebody who forgot it, to be changed at the next login; ends the lock and all login sessions.
  aio::Task<Result<CreatedUser>> reset_password(aio::Scope scope, Principal by, UserId user, Origin origin);
  /// Ends a lock. For administrators; does not say whether the address is known.
  aio::Task<Result<void>> unlock(aio::Scope scope, Principal by, std::string email, Origin origin);

  const TokenKeys& keys() const { return keys_; }

 private:
  struct Verified;
  template <class T>
  aio::Task<Result<T>> hashing(aio::Scope scope, std::function<Result<T>()> work);
  aio::Task<std::expected<Verified, LoginFailure>> check_credentials(aio::Scope scope, std::string email, std::string password,
                                                                     Origin origin);
  LoginTokens tokens_for(const User& user, LoginSessionId session, std::string refresh_token) const;

  aio::Executor executor_;
  db::Database& database_;
  const Clock& clock_;
  Random& random_;
  const TokenKeys keys_;
  const AccountOptions options_;
  int hashes_pending_ = 0;
  /// Verified against where there is no user, so that it takes as long.
  std::string nobodys_hash_;
  boost::asio::thread_pool hashing_pool_;
};

struct FirstAdmin {
  std::string email;
  std::string password;
};
/// Makes the administrator of the default organisation when there is no user at all; nothing otherwise. The password must be
/// changed at the first login; the caller shows it once, or keeps it with write_first_password(). Several processes may call it
/// at once: one makes it. Takes as long as a hash.
Result<std::optional<FirstAdmin>> make_first_admin_blocking(db::Database& database, const Clock& clock, Random& random,
                                                            std::string email = "admin@localhost",
                                                            PasswordCost cost = PasswordCost::interactive);
/// "first-admin-password" in the data folder, readable by its owner only; returns the path.
Result<std::filesystem::path> write_first_password(const std::filesystem::path& data_dir, const FirstAdmin& admin);

/// Removes what is past its time: spent and expired refresh tokens, ended login sessions, old failed logins. At most `limit` of
/// each; returns how many.
Result<std::int64_t> prune_login_sessions(db::Tx& tx, int limit = 500);

}  // namespace gannet::identity
