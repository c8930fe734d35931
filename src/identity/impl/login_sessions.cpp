#include "identity/impl/login_sessions.hpp"

#include "base/sha256.hpp"
#include "base/text.hpp"
#include "identity/impl/secret.hpp"

namespace gannet::identity::impl {

namespace {

constexpr std::size_t k_refresh_token_bytes = 32;
constexpr std::size_t k_ip_bytes_max = 100;
constexpr std::size_t k_user_agent_bytes_max = 300;

Result<std::string> add_refresh_token(db::Tx& tx, LoginSessionId session) {
  auto token = make_secret(k_refresh_token_bytes);
  TRY(tx.execute("INSERT INTO refresh_tokens (token, session_id, created_at) VALUES ($1, $2, gannet_now())", sha256_hex(token),
                 session));
  return token;
}

}  // namespace

Result<std::string> begin_login_session(db::Tx& tx, LoginSessionId id, UserId user, const SessionTimes& times,
                                        const Origin& origin) {
  TRY(
      tx.execute("INSERT INTO login_sessions (id, user_id, created_at, expires_at, ends_at, ip, user_agent) VALUES"
                 " ($1, $2, gannet_now(), gannet_later(gannet_now(), $3), gannet_later(gannet_now(), $4), $5, $6)",
                 id, user, times.idle_max.count(), times.lifetime.count(), printable(origin.ip, k_ip_bytes_max),
                 printable(origin.user_agent, k_user_agent_bytes_max)));
  return add_refresh_token(tx, id);
}

Result<std::optional<Refreshed>> refresh_login_session(db::Tx& tx, std::string_view refresh_token, const SessionTimes& times) {
  struct Row {
    LoginSessionId session;
    UserId user;
    bool is_spent = false;
    auto columns() { return std::tie(session, user, is_spent); }
  };
  // Whoever comes second waits here for the first, and then sees what it did.
  TRY(tx.execute("UPDATE refresh_tokens SET created_at = created_at WHERE token = $1", sha256_hex(refresh_token)));
  const auto row = TRY(tx.query_one<Row>(
      "SELECT s.id, s.user_id, t.spent_at IS NOT NULL FROM refresh_tokens t JOIN login_sessions s ON s.id = t.session_id"
      " JOIN users u ON u.id = s.user_id JOIN organisations o ON o.id = u.organisation_id"
      " WHERE t.token = $1 AND s.revoked_at IS NULL AND s.expires_at > gannet_now() AND s.ends_at > gannet_now() AND u.enabled"
      " AND o.enabled",
      sha256_hex(refresh_token)));
  if (!row) return std::nullopt;
  Refreshed refreshed{.session = row->session, .user = row->user, .refresh_token = "", .was_reused = row->is_spent};
  if (row->is_spent) {
    TRY(revoke_login_session(tx, row->session));
    return refreshed;
  }
  TRY(tx.execute("UPDATE refresh_tokens SET spent_at = gannet_now() WHERE token = $1", sha256_hex(refresh_token)));
  TRY(tx.execute("UPDATE login_sessions SET expires_at = gannet_later(gannet_now(), $2) WHERE id = $1", row->session,
                 times.idle_max.count()));
  refreshed.refresh_token = TRY(add_refresh_token(tx, row->session));
  return refreshed;
}

Result<void> revoke_login_session(db::Tx& tx, LoginSessionId id) {
  TRY(tx.execute("UPDATE login_sessions SET revoked_at = gannet_now() WHERE id = $1 AND revoked_at IS NULL", id));
  return {};
}

Result<void> revoke_login_sessions(db::Tx& tx, UserId user, std::optional<LoginSessionId> except) {
  TRY(tx.execute("UPDATE login_sessions SET revoked_at = gannet_now() WHERE user_id = $1 AND id <> $2 AND revoked_at IS NULL",
                 user, except.value_or(LoginSessionId())));
  return {};
}

Result<bool> is_login_session_live(db::Tx& tx, LoginSessionId id) {
  const auto live = TRY(tx.query_one<int>(
      "SELECT 1 FROM login_sessions s JOIN users u ON u.id = s.user_id JOIN organisations o ON o.id = u.organisation_id"
      " WHERE s.id = $1 AND s.revoked_at IS NULL AND u.enabled AND o.enabled",
      id));
  return live.has_value();
}

}  // namespace gannet::identity::impl
