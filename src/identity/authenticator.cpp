#include "identity/authenticator.hpp"

#include "base/log.hpp"
#include "base/sha256.hpp"
#include "identity/api_keys.hpp"
#include "identity/impl/login_sessions.hpp"

namespace gannet::identity {

namespace {

/// Enough for every client of a busy instance; when it is full, it begins anew.
constexpr std::size_t k_remembered_max = 10'000;
constexpr std::chrono::minutes k_touch_interval{1};
constexpr std::size_t k_api_key_bytes_max = 200;

std::unexpected<Error> refused_key() { return fail(ErrorKind::denied, "the API key is unknown, disabled, expired or revoked"); }

}  // namespace

Authenticator::Remembered* Authenticator::find_remembered(const std::string& what) {
  const auto found = remembered_.find(what);
  if (found == remembered_.end() || found->second.until <= clock_.steady_now()) return nullptr;
  return &found->second;
}

void Authenticator::remember(const std::string& what, Remembered entry) {
  if (remembered_.size() >= k_remembered_max) remembered_.clear();
  entry.until = clock_.steady_now() + k_memory;
  remembered_.insert_or_assign(what, std::move(entry));
}

aio::Task<Result<Principal>> Authenticator::authenticate_token(aio::Scope scope, std::string token) {
  auto principal = read_access_token(token, clock_.now(), keys_);
  if (!principal || !principal->login_session) co_return principal;
  const auto session = *principal->login_session;
  const auto what = session.to_string();
  const auto* known = find_remembered(what);
  if (!known) {
    auto live = co_await database_.read(scope, [session](db::Tx& tx) { return impl::is_login_session_live(tx, session); });
    if (!live) co_return pass(live, "access token");
    remember(what, {.until = {}, .principal = *live ? std::optional(*principal) : std::nullopt, .touch_at = {}});
    known = find_remembered(what);
  }
  if (known && !known->principal) co_return fail(ErrorKind::denied, "the login session of the access token has ended");
  co_return principal;
}

aio::Task<Result<Principal>> Authenticator::authenticate_api_key(aio::Scope scope, std::string key) {
  if (key.empty() || key.size() > k_api_key_bytes_max) co_return refused_key();
  const auto hash = sha256_hex(key);
  auto* known = find_remembered(hash);
  if (!known) {
    auto row = co_await database_.read(scope, [hash](db::Tx& tx) { return find_usable_api_key(tx, hash); });
    if (!row) co_return pass(row, "API key");
    // An unknown key is not remembered: whoever invents them would push out those that are.
    if (!*row) {
      remembered_.erase(hash);
      co_return refused_key();
    }
    auto scopes = ScopeSet::parse((*row)->scopes);
    if (!scopes) co_return pass(scopes, "API key");
    Principal principal{.organisation = (*row)->organisation,
                        .user = (*row)->user,
                        .api_key = (*row)->id,
                        .login_session = std::nullopt,
                        .name = (*row)->name,
                        .scopes = *scopes,
                        .rate_limit = (*row)->rate_limit};
    const auto last_used = (*row)->last_used_at;
    const bool is_fresh = last_used && clock_.now() - *last_used < k_touch_interval;
    remember(hash, {.until = {},
                    .principal = std::move(principal),
                    .touch_at = is_fresh ? clock_.steady_now() + k_touch_interval : clock_.steady_now()});
    known = find_remembered(hash);
  }
  Principal principal = *known->principal;
  if (known->touch_at <= clock_.steady_now()) {
    known->touch_at = clock_.steady_now() + k_touch_interval;
    const auto id = *principal.api_key;
    // When it was last used is worth a log line at most: the request does not fail for it.
    const auto touched = co_await database_.write(scope, [id](db::Tx& tx) { return touch_api_key(tx, id); });
    if (!touched) LOG_WARNING("identity", "last_used_at of an API key was not written: {}", touched.error().describe());
  }
  co_return principal;
}

}  // namespace gannet::identity
