#include "identity/accounts.hpp"

#include <utility>

#include "base/file.hpp"
#include "base/sha256.hpp"
#include "base/text.hpp"
#include "identity/impl/lockout.hpp"
#include "identity/impl/login_sessions.hpp"
#include "identity/impl/secret.hpp"

namespace gannet::identity {

namespace {

constexpr std::string_view k_first_password_file = "first-admin-password";

std::string account_of(std::string_view email) { return sha256_hex(to_lower(trim(email))); }

/// What the trail keeps of an address that somebody typed: people type passwords there.
std::string actor_of(std::string_view email) { return normalise_email(email).value_or("(not an e-mail address)"); }

impl::LockoutRules lockout_rules(const AccountOptions& options) {
  return {.failures_max = options.failures_max, .window = options.failure_window, .duration = options.lock_duration};
}

impl::SessionTimes session_times(const AccountOptions& options) {
  return {.idle_max = options.refresh_idle_max, .lifetime = options.refresh_lifetime};
}

/// A user as a login needs it.
struct LoginRow {
  UserId id;
  OrganisationId organisation;
  std::string email;
  std::string password_hash;
  bool enabled = false;
  bool organisation_enabled = false;
  auto columns() { return std::tie(id, organisation, email, password_hash, enabled, organisation_enabled); }
};

Result<std::optional<LoginRow>> find_login_row(db::Tx& tx, std::string_view email) {
  return tx.query_one<LoginRow>(
      "SELECT u.id, u.organisation_id, u.email, u.password_hash, u.enabled, o.enabled FROM users u"
      " JOIN organisations o ON o.id = u.organisation_id WHERE u.email = $1",
      email);
}

struct Try {
  std::optional<Instant> locked_until;
  int tries_left = 0;
  std::optional<LoginRow> row;
};

Result<Try> begin_try(db::Tx& tx, std::string_view email, const impl::LockoutRules& rules) {
  struct Kept {
    std::string failed_at;
    Instant now;
    auto columns() { return std::tie(failed_at, now); }
  };
  const auto account = account_of(email);
  // Locks the account's row, so that tries at the same moment count one after the other.
  const auto kept =
      TRY(tx.query_one<Kept>("INSERT INTO login_attempts (account, failed_at, touched_at) VALUES ($1, '', gannet_now())"
                             " ON CONFLICT (account) DO UPDATE SET touched_at = gannet_now() RETURNING failed_at, touched_at",
                             account));
  if (!kept) return fail(ErrorKind::internal, "a login attempt was not written");
  impl::Lockout lockout(rules, kept->failed_at);
  Try begun{.locked_until = lockout.locked_until(kept->now), .row = TRY(find_login_row(tx, to_lower(trim(email))))};
  if (begun.locked_until) return begun;
  lockout.begin_try(kept->now);
  begun.tries_left = lockout.tries_left(kept->now);
  TRY(tx.execute("UPDATE login_attempts SET failed_at = $2 WHERE account = $1", account, lockout.to_string()));
  return begun;
}

Result<void> forget_tries(db::Tx& tx, std::string_view email) {
  TRY(tx.execute("DELETE FROM login_attempts WHERE account = $1", account_of(email)));
  return {};
}

AuditEvent login_event(const std::optional<LoginRow>& row, std::string_view email, Origin origin, std::string_view status,
                       std::string_view reason) {
  AuditEvent event;
  event.organisation = row ? row->organisation : default_organisation();
  event.action = "auth.login";
  event.resource_type = "user";
  if (row) event.resource_id = row->id.to_string();
  if (row) event.user = row->id;
  event.actor = actor_of(email);
  event.origin = std::move(origin);
  event.status = status;
  if (!reason.empty()) event.details = fmt::format(R"({{"reason":"{}"}})", reason);
  return event;
}

LoginFailure refusal(LoginRefused::Reason reason, std::string message) {
  return LoginRefused{.reason = reason, .attempts_left = 0, .locked_until = std::nullopt, .message = std::move(message)};
}

LoginFailure locked_refusal(Instant until) {
  return LoginRefused{.reason = LoginRefused::Reason::locked,
                      .attempts_left = 0,
                      .locked_until = until,
                      .message = "too many failed logins for this address; try again after " + format_instant(until)};
}

std::string message_of(const LoginFailure& failure) {
  if (const auto* refused = std::get_if<LoginRefused>(&failure)) return refused->message;
  return std::get<Error>(failure).describe();
}

}  // namespace

/// Somebody who knew the password.
struct Accounts::Verified {
  LoginRow row;
};

Accounts::Accounts(aio::Executor executor, db::Database& database, const Clock& clock, Random& random, TokenKeys keys,
                   AccountOptions options)
    : executor_(std::move(executor)),
      database_(database),
      clock_(clock),
      random_(random),
      keys_(std::move(keys)),
      options_(options),
      nobodys_hash_(hash_password_blocking(make_password(), options_.password_cost).value_or("")),
      hashing_pool_(std::size_t(options_.hashes_at_once)) {}

Accounts::~Accounts() { hashing_pool_.join(); }

template <class T>
aio::Task<Result<T>> Accounts::hashing(aio::Scope scope, std::function<Result<T>()> work) {
  if (hashes_pending_ >= options_.hashes_at_once + options_.hashes_waiting_max)
    co_return fail(ErrorKind::exhausted, "too many people sign in at this moment; try again in a few seconds");
  ++hashes_pending_;
  auto result = co_await aio::run_blocking<T>(hashing_pool_, executor_, std::move(scope), std::move(work));
  --hashes_pending_;
  co_return result;
}

aio::Task<std::expected<Accounts::Verified, LoginFailure>> Accounts::check_credentials(aio::Scope scope, std::string email,
                                                                                       std::string password, Origin origin) {
  if (hashes_pending_ >= options_.hashes_at_once + options_.hashes_waiting_max)
    co_return std::unexpected(Error(ErrorKind::exhausted, "too many people sign in at this moment; try again in a few seconds"));

  const auto rules = lockout_rules(options_);
  auto begun = co_await database_.write(scope, [email, rules, origin](db::Tx& tx) -> Result<Try> {
    auto begun_here = TRY(begin_try(tx, email, rules));
    if (begun_here.locked_until) TRY(record_audit(tx, login_event(begun_here.row, email, origin, "denied", "locked")));
    return begun_here;
  });
  if (!begun) co_return std::unexpected(std::move(begun.error()));
  if (begun->locked_until) co_return std::unexpected(locked_refusal(*begun->locked_until));

  // Nobody's hash takes as long as somebody's.
  auto hash = begun->row ? begun->row->password_hash : nobodys_hash_;
  std::function<Result<bool>()> verify = [password, hash = std::move(hash)]() -> Result<bool> {
    return verify_password_blocking(password, hash);
  };
  auto is_right = co_await hashing<bool>(scope, std::move(verify));
  if (!is_right) co_return std::unexpected(std::move(is_right.error()));

  const bool is_known = *is_right && begun->row;
  const bool is_enabled = is_known && begun->row->enabled && begun->row->organisation_enabled;
  const std::string_view reason = !is_known ? "wrong credentials" : is_enabled ? "" : "disabled";
  auto noted = co_await database_.write(scope, [email, origin, row = begun->row, is_known, reason](db::Tx& tx) -> Result<void> {
    if (is_known) TRY(forget_tries(tx, email));
    return record_audit(tx, login_event(row, email, origin, reason.empty() ? "success" : "failure", reason));
  });
  if (!noted) co_return std::unexpected(std::move(noted.error()));
  if (!is_known) {
    co_return std::unexpected(LoginRefused{.reason = LoginRefused::Reason::wrong_credentials,
                                           .attempts_left = begun->tries_left,
                                           .locked_until = std::nullopt,
                                           .message = "e-mail address or password is wrong"});
  }
  if (!is_enabled)
    co_return std::unexpected(refusal(LoginRefused::Reason::disabled, "this user is disabled; ask an administrator"));
  co_return Verified{std::move(*begun->row)};
}

LoginTokens Accounts::tokens_for(const User& user, LoginSessionId session, std::string refresh_token) const {
  Principal principal{.organisation = user.organisation,
                      .user = user.id,
                      .api_key = std::nullopt,
                      .login_session = session,
                      .name = user.email,
                      .scopes = user.must_change_password ? ScopeSet() : scopes_of(user.role_of()),
                      .rate_limit = std::nullopt};
  return {.access_token = make_access_token(principal, clock_.now(), options_.access_token_lifetime, keys_),
          .refresh_token = std::move(refresh_token),
          .expires_in = options_.access_token_lifetime,
          .user = user,
          .scopes = principal.scopes};
}

namespace {

struct SignedIn {
  User user;
  LoginSessionId session;
  std::string refresh_token;
};

Result<SignedIn> sign_in(db::Tx& tx, OrganisationId organisation, UserId id, LoginSessionId session,
                         const impl::SessionTimes& times, const Origin& origin) {
  TRY(tx.execute("UPDATE users SET last_login_at = gannet_now() WHERE id = $1", id));
  auto user = TRY(find_user(tx, organisation, id));
  if (!user) return fail(ErrorKind::denied, "this user was removed");
  auto refresh_token = TRY(impl::begin_login_session(tx, session, id, times, origin));
  return SignedIn{std::move(*user), session, std::move(refresh_token)};
}

}  // namespace

aio::Task<std::expected<LoginTokens, LoginFailure>> Accounts::log_in(aio::Scope scope, std::string email, std::string password,
                                                                     Origin origin) {
  auto verified = co_await check_credentials(scope, email, password, origin);
  if (!verified) co_return std::unexpected(std::move(verified.error()));
  std::string renewed_hash;
  if (needs_rehash(verified->row.password_hash, options_.password_cost)) {
    std::function<Result<std::string>()> hash = [password, cost = options_.password_cost] {
      return hash_password_blocking(password, cost);
    };
    // A login does not fail for want of a stronger hash.
    auto made = co_await hashing<std::string>(scope, std::move(hash));
    renewed_hash = std::move(made).value_or("");
  }
  const auto session = LoginSessionId::make(clock_, random_);
  auto signed_in = co_await database_.write(
      scope,
      [row = verified->row, session, times = session_times(options_), origin, renewed_hash](db::Tx& tx) -> Result<SignedIn> {
        if (!renewed_hash.empty())
          TRY(tx.execute("UPDATE users SET password_hash = $2 WHERE id = $1 AND password_hash = $3", row.id, renewed_hash,
                         row.password_hash));
        return sign_in(tx, row.organisation, row.id, session, times, origin);
      });
  if (!signed_in) co_return std::unexpected(std::move(signed_in.error()));
  co_return tokens_for(signed_in->user, signed_in->session, std::move(signed_in->refresh_token));
}

aio::Task<Result<LoginTokens>> Accounts::refresh(aio::Scope scope, std::string refresh_token, Origin origin) {
  auto done = co_await database_.write(
      scope, [refresh_token, origin, times = session_times(options_)](db::Tx& tx) -> Result<std::optional<SignedIn>> {
        auto refreshed = TRY(impl::refresh_login_session(tx, refresh_token, times));
        if (!refreshed) return std::nullopt;
        struct OrganisationOfUser {
          OrganisationId id;
          auto columns() { return std::tie(id); }
        };
        const auto organisation =
            TRY(tx.query_one<OrganisationOfUser>("SELECT organisation_id FROM users WHERE id = $1", refreshed->user));
        if (!organisation) return std::nullopt;
        auto user = TRY(find_user(tx, organisation->id, refreshed->user));
        if (!user) return std::nullopt;
        if (refreshed->was_reused) {
          AuditEvent event;
          event.organisation = user->organisation;
          event.action = "auth.refresh";
          event.resource_type = "login_session";
          event.resource_id = refreshed->session.to_string();
          event.user = user->id;
          event.actor = user->email;
          event.origin = origin;
          event.status = "denied";
          event.details = R"({"reason":"a spent refresh token was used again; the login session is revoked"})";
          TRY(record_audit(tx, event));
          return std::nullopt;
        }
        return SignedIn{std::move(*user), refreshed->session, std::move(refreshed->refresh_token)};
      });
  if (!done) co_return pass(done, "refresh");
  if (!*done) co_return fail(ErrorKind::denied, "the refresh token is unknown, spent, expired or revoked; sign in again");
  auto& signed_in = **done;
  co_return tokens_for(signed_in.user, signed_in.session, std::move(signed_in.refresh_token));
}

aio::Task<Result<void>> Accounts::log_out(aio::Scope scope, Principal principal, Origin origin) {
  if (!principal.login_session) co_return Result<void>();
  co_return co_await database_.write(scope, [principal, origin](db::Tx& tx) -> Result<void> {
    TRY(impl::revoke_login_session(tx, *principal.login_session));
    return record_audit(tx, audit_event(principal, origin, "auth.logout", "login_session", principal.login_session->to_string()));
  });
}

aio::Task<Result<void>> Accounts::log_out_everywhere(aio::Scope scope, Principal principal, Origin origin) {
  if (!principal.user) co_return Result<void>();
  co_return co_await database_.write(scope, [principal, origin](db::Tx& tx) -> Result<void> {
    TRY(impl::revoke_login_sessions(tx, *principal.user, std::nullopt));
    return record_audit(tx, audit_event(principal, origin, "auth.logout_everywhere", "user", principal.user->to_string()));
  });
}

aio::Task<Result<LoginTokens>> Accounts::change_password(aio::Scope scope, Principal principal, std::string old_password,
                                                         std::string new_password, Origin origin) {
  if (!principal.user || principal.api_key)
    co_return fail(ErrorKind::denied, "only a user who signed in with a password can change it");
  if (auto checked = check_password(new_password, principal.name, options_.password_rules); !checked) co_return pass(checked);
  if (new_password == old_password) co_return fail(ErrorKind::invalid, "password: the new one is the old one");
  auto verified = co_await check_credentials(scope, principal.name, old_password, origin);
  if (!verified) {
    if (auto* error = std::get_if<Error>(&verified.error())) co_return std::unexpected(std::move(*error));
    co_return fail(ErrorKind::denied, "{}", message_of(verified.error()));
  }
  if (verified->row.id != *principal.user) co_return fail(ErrorKind::denied, "the address now belongs to another user");
  std::function<Result<std::string>()> work = [new_password, cost = options_.password_cost] {
    return hash_password_blocking(new_password, cost);
  };
  auto hash = co_await hashing<std::string>(scope, std::move(work));
  if (!hash) co_return pass(hash);
  const auto session = LoginSessionId::make(clock_, random_);
  auto signed_in = co_await database_.write(
      scope, [principal, hash = *hash, session, times = session_times(options_), origin](db::Tx& tx) -> Result<SignedIn> {
        TRY(set_password_hash(tx, *principal.user, hash, false));
        TRY(record_audit(tx, audit_event(principal, origin, "auth.password_change", "user", principal.user->to_string())));
        return sign_in(tx, principal.organisation, *principal.user, session, times, origin);
      });
  if (!signed_in) co_return pass(signed_in);
  co_return tokens_for(signed_in->user, signed_in->session, std::move(signed_in->refresh_token));
}

aio::Task<Result<Accounts::CreatedUser>> Accounts::create_user(aio::Scope scope, Principal by, UserRequest request,
                                                               Origin origin) {
  if (!by.scopes.covers(scopes_of(request.role)))
    co_return fail(ErrorKind::denied, "role: nobody can make a user who may do more; '{}' goes beyond what you have",
                   to_string(request.role));
  auto email = normalise_email(request.email);
  if (!email) co_return pass(email);
  CreatedUser created;
  if (request.password.empty()) {
    created.password = make_password();
    request.password = created.password;
  }
  if (auto checked = check_password(request.password, *email, options_.password_rules); !checked) co_return pass(checked);
  std::function<Result<std::string>()> work = [password = request.password, cost = options_.password_cost] {
    return hash_password_blocking(password, cost);
  };
  auto hash = co_await hashing<std::string>(scope, std::move(work));
  if (!hash) co_return pass(hash);
  const NewUser user{.id = UserId::make(clock_, random_),
                     .organisation = by.organisation,
                     .email = *email,
                     .name = request.name,
                     .role = request.role,
                     .password_hash = *hash,
                     .must_change_password = true};
  auto made = co_await database_.write(scope, [by, user, origin](db::Tx& tx) -> Result<User> {
    auto inserted = TRY(insert_user(tx, user));
    TRY(record_audit(tx, audit_event(by, origin, "user.create", "user", user.id.to_string())));
    return inserted;
  });
  if (!made) co_return pass(made);
  created.user = std::move(*made);
  co_return created;
}

aio::Task<Result<Accounts::CreatedUser>> Accounts::reset_password(aio::Scope scope, Principal by, UserId user, Origin origin) {
  CreatedUser reset;
  reset.password = make_password();
  std::function<Result<std::string>()> work = [password = reset.password, cost = options_.password_cost] {
    return hash_password_blocking(password, cost);
  };
  auto hash = co_await hashing<std::string>(scope, std::move(work));
  if (!hash) co_return pass(hash);
  auto done = co_await database_.write(scope, [by, user, hash = *hash, origin](db::Tx& tx) -> Result<User> {
    const auto found = TRY(find_user(tx, by.organisation, user));
    if (!found) return fail(ErrorKind::not_found, "there is no user {}", user.to_string());
    if (!by.scopes.covers(scopes_of(found->role_of())))
      return fail(ErrorKind::denied, "nobody can reset the password of a user who may do more");
    TRY(set_password_hash(tx, user, hash, true));
    TRY(forget_tries(tx, found->email));
    TRY(record_audit(tx, audit_event(by, origin, "user.password_reset", "user", user.to_string())));
    return TRY(find_user(tx, by.organisation, user)).value_or(*found);
  });
  if (!done) co_return pass(done);
  reset.user = std::move(*done);
  co_return reset;
}

aio::Task<Result<void>> Accounts::unlock(aio::Scope scope, Principal by, std::string email, Origin origin) {
  co_return co_await database_.write(scope, [by, email, origin](db::Tx& tx) -> Result<void> {
    // An administrator of another organisation gets the same answer, and changes nothing.
    const auto row = TRY(find_login_row(tx, to_lower(trim(email))));
    if (row && row->organisation != by.organisation) return {};
    TRY(forget_tries(tx, email));
    auto event = audit_event(by, origin, "auth.unlock", "user", row ? row->id.to_string() : "");
    return record_audit(tx, event);
  });
}

Result<std::optional<FirstAdmin>> make_first_admin_blocking(db::Database& database, const Clock& clock, Random& random,
                                                            std::string email, PasswordCost cost) {
  const auto count_all = [](db::Tx& tx) { return tx.query_one<std::int64_t>("SELECT count(*) FROM users"); };
  if (TRY(database.read_blocking(count_all)).value_or(0) > 0) return std::nullopt;
  FirstAdmin admin{.email = TRY(normalise_email(email)), .password = make_password()};
  const NewUser user{.id = UserId::make(clock, random),
                     .organisation = default_organisation(),
                     .email = admin.email,
                     .name = "Administrator",
                     .role = Role::admin,
                     .password_hash = TRY(hash_password_blocking(admin.password, cost)),
                     .must_change_password = true};
  auto made = database.write_blocking([user, count_all](db::Tx& tx) -> Result<bool> {
    if (TRY(count_all(tx)).value_or(0) > 0) return false;
    TRY(insert_user(tx, user));
    AuditEvent event;
    event.organisation = user.organisation;
    event.action = "user.create";
    event.resource_type = "user";
    event.resource_id = user.id.to_string();
    event.actor = "first start";
    TRY(record_audit(tx, event));
    return true;
  });
  if (!made && made.error().kind() == ErrorKind::conflict) return std::nullopt;  // Another process was quicker.
  if (!made) return pass(made, "first administrator");
  if (!*made) return std::nullopt;
  return admin;
}

Result<std::filesystem::path> write_first_password(const std::filesystem::path& data_dir, const FirstAdmin& admin) {
  auto path = data_dir / k_first_password_file;
  TRY(write_file_atomically(path, admin.email + "\n" + admin.password + "\n", 0600));
  return path;
}

Result<std::int64_t> prune_login_sessions(db::Tx& tx, int limit) {
  constexpr std::int64_t k_day_ms = 86'400'000;
  auto pruned = TRY(tx.execute(
      "DELETE FROM login_sessions WHERE id IN (SELECT id FROM login_sessions WHERE expires_at < gannet_later(gannet_now(), $1)"
      " OR ends_at < gannet_later(gannet_now(), $1) OR revoked_at < gannet_later(gannet_now(), $1) LIMIT $2)",
      -k_day_ms, limit));
  pruned +=
      TRY(tx.execute("DELETE FROM login_attempts WHERE account IN"
                     " (SELECT account FROM login_attempts WHERE touched_at < gannet_later(gannet_now(), $1) LIMIT $2)",
                     -k_day_ms, limit));
  return pruned;
}

}  // namespace gannet::identity
