// Login sessions and their refresh tokens, which are spent by use. Tables login_sessions and refresh_tokens.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "db/database.hpp"
#include "identity/audit.hpp"
#include "identity/principal.hpp"

namespace gannet::identity::impl {

struct SessionTimes {
  std::chrono::milliseconds idle_max{};
  std::chrono::milliseconds lifetime{};
};

/// Begins one and returns its first refresh token.
Result<std::string> begin_login_session(db::Tx& tx, LoginSessionId id, UserId user, const SessionTimes& times,
                                        const Origin& origin);

struct Refreshed {
  LoginSessionId session;
  UserId user;
  std::string refresh_token;
  /// The token had been spent before: the session is revoked, and there is no new one.
  bool was_reused = false;
};
/// Nothing for a token that is unknown, expired, or of a revoked session.
Result<std::optional<Refreshed>> refresh_login_session(db::Tx& tx, std::string_view refresh_token, const SessionTimes& times);

Result<void> revoke_login_session(db::Tx& tx, LoginSessionId id);
Result<void> revoke_login_sessions(db::Tx& tx, UserId user, std::optional<LoginSessionId> except);

/// Whether an access token of this session still counts: not revoked, and user and organisation enabled.
Result<bool> is_login_session_live(db::Tx& tx, LoginSessionId id);

}  // namespace gannet::identity::impl
