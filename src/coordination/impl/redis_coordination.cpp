#include "coordination/impl/redis_coordination.hpp"

#include <algorithm>
#include <charconv>

#include "base/log.hpp"
#include "base/sha256.hpp"
#include "base/text.hpp"
#include "coordination/impl/lock_keeper.hpp"

namespace gannet::coordination::impl {

using std::chrono::microseconds;
using std::chrono::milliseconds;

namespace {

constexpr int k_major_version_min = 5;
constexpr std::chrono::seconds k_ping_interval{5};
constexpr std::chrono::seconds k_list_timeout{5};
constexpr milliseconds k_lock_poll_interval{100};
constexpr std::string_view k_wake_prefix = "gannet:wake:";
constexpr std::string_view k_rate_prefix = "gannet:rate:";
constexpr std::string_view k_cache_prefix = "gannet:cache:";
constexpr std::size_t k_bucket_bytes_max = 128;
constexpr std::size_t k_cached_bytes_max = 1024 * 1024;
constexpr std::size_t k_checksum_bytes = 32;

constexpr std::string_view k_renew_script =
    "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end return redis.call('PEXPIRE', KEYS[1], ARGV[2])";
constexpr std::string_view k_unlock_script =
    "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end return redis.call('DEL', KEYS[1])";

/// One step of book() on the server, in microseconds of its clock. KEYS[1]: until when the bucket is booked. ARGV: interval, most
/// that may be booked ahead. A value that this script cannot have written counts as none. Replies allowed, ahead.
constexpr std::string_view k_take_script = R"(
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local interval, most = tonumber(ARGV[1]), tonumber(ARGV[2])
local ahead = (tonumber(redis.call('GET', KEYS[1])) or now) - now
if ahead ~= ahead or ahead < 0 or ahead > most then ahead = 0 end
if ahead + interval > most then return {0, ahead} end
ahead = ahead + interval
redis.call('SET', KEYS[1], string.format('%.0f', now + ahead), 'PX', math.ceil(ahead / 1000))
return {1, ahead})";

/// The value of "redis_version:7.0.15" in the answer to INFO.
std::string version_in(std::string_view info) {
  constexpr std::string_view k_field = "redis_version:";
  const auto at = info.find(k_field);
  if (at == std::string_view::npos) return "";
  const auto rest = info.substr(at + k_field.size());
  return printable(rest.substr(0, rest.find_first_of("\r\n")), 40);
}

Result<void> check_version(const std::string& version) {
  int major = 0;
  std::from_chars(version.data(), version.data() + version.size(), major);
  if (major < k_major_version_min)
    return fail(ErrorKind::denied, "the server is Redis {}; Gannet needs version {} or newer", version.empty() ? "?" : version,
                k_major_version_min);
  return {};
}

/// What a MATCH pattern takes as itself.
std::string escape_glob(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (std::string_view("*?[]\\^").contains(c)) escaped += '\\';
    escaped += c;
  }
  return escaped;
}

/// Tells a whole value of ours under this key from anything else.
std::string checksum(std::string_view key, std::string_view value) {
  return sha256_hex(std::string(key) + '\n' + std::string(value)).substr(0, k_checksum_bytes);
}

}  // namespace

RedisCoordination::RedisCoordination(aio::Executor executor, const Clock& clock, Random& random, CoordinationOptions options,
                                     RedisOptions redis)
    : executor_(executor),
      clock_(clock),
      random_(random),
      options_(options),
      redis_(std::move(redis)),
      local_(executor, clock, random, std::move(options)),
      group_(executor) {
  state_.kind = "redis";
  set_degraded("not connected yet");
}

aio::Task<void> RedisCoordination::start() {
  // The first try is waited for, so that a program that begins with Redis there begins with Redis.
  auto connected = co_await connect(group_.scope().within(redis_.connect_timeout));
  if (!connected) {
    set_degraded(connected.error().describe());
    LOG_WARNING("coordination", "{} cannot be used, and is done without until it can: {}", redis_.address.describe(),
                state_.reason);
  }
  group_.spawn(keep_connected(), "connection to Redis");
}

aio::Task<void> RedisCoordination::stop() {
  co_await group_.stop();
  co_await local_.stop();
  is_ready_ = false;
  commands_.reset();
  subscription_.reset();
  set_degraded("stopped");
}

void RedisCoordination::set_degraded(std::string reason) {
  if (!state_.is_degraded) state_.since = clock_.now();
  state_.is_degraded = true;
  state_.reason = std::move(reason);
  is_ready_ = false;
}

aio::Task<Result<void>> RedisCoordination::connect(aio::Scope scope) {
  const auto commands = std::make_shared<RedisConnection>(executor_);
  if (auto done = co_await commands->connect(scope, redis_.address, resolving_); !done) co_return done;
  auto info = co_await commands->command(scope, {"INFO", "server"});
  // A user that may not ask is taken at its word; everything else that fails, fails here.
  if (!info && info.error().message().find("NOPERM") == std::string::npos) co_return pass(info, "INFO");
  const auto version = info ? version_in(info->text) : std::string("(hidden)");
  if (info) {
    if (auto checked = check_version(version); !checked) co_return checked;
  }
  const auto subscription = std::make_shared<RedisConnection>(executor_);
  if (auto done = co_await subscription->connect(scope, redis_.address, resolving_); !done) co_return done;
  const auto on_wake = [this](std::string_view channel, std::string_view sender) {
    if (sender != options_.instance && channel.starts_with(k_wake_prefix))
      local_.wake_known(channel.substr(k_wake_prefix.size()));
  };
  auto subscribed = co_await subscription->subscribe(scope, std::string(k_wake_prefix) + "*", on_wake);
  if (!subscribed) co_return subscribed;
  commands_ = commands;
  subscription_ = subscription;
  is_ready_ = true;
  ++state_.connects;
  state_.is_degraded = false;
  state_.reason.clear();
  state_.since = clock_.now();
  state_.server_version = version;
  LOG_INFO("coordination", "connected to {}, version {}", redis_.address.describe(), version);
  // What was published meanwhile is lost: everybody looks once.
  local_.wake_all_known();
  co_return Result<void>();
}

aio::Task<void> RedisCoordination::keep_connected() {
  const auto scope = group_.scope();
  auto pause = redis_.reconnect_min;
  while (scope.check()) {
    if (is_up()) {
      co_await watch_connection();
      pause = redis_.reconnect_min;
      if (!scope.check()) co_return;
      LOG_WARNING("coordination", "{} is away, and is done without until it is back: {}", redis_.address.describe(),
                  state_.reason);
    }
    const auto jittered = pause / 2 + milliseconds(std::int64_t(random_.next() % std::uint64_t(pause.count() / 2 + 1)));
    if (auto slept = co_await aio::sleep(executor_, scope, jittered); !slept) co_return;
    pause = std::min(pause * 2, redis_.reconnect_max);
    auto connected = co_await connect(scope.within(redis_.connect_timeout));
    if (!connected && scope.check()) set_degraded(connected.error().describe());
  }
}

aio::Task<void> RedisCoordination::watch_connection() {
  const auto scope = group_.scope();
  const auto commands = commands_;
  const auto subscription = subscription_;
  while (commands->is_open() && subscription->is_open()) {
    // Woken by either; the other is looked at every few seconds.
    if (auto closed = co_await commands->closed().wait(scope.within(k_ping_interval)); !closed && !scope.check()) co_return;
    if (commands->is_open()) (void)co_await command(scope, {"PING"});
  }
  set_degraded(commands->is_open() ? subscription->reason() : commands->reason());
  commands->close("the subscription was closed");
  subscription->close("the connection was closed");
}

aio::Task<Result<RedisReply>> RedisCoordination::command(aio::Scope scope, std::vector<std::string> words) {
  if (!is_up()) co_return fail(ErrorKind::unavailable, "{}", state_.reason);
  ++state_.commands;
  const auto connection = commands_;
  const auto caller = scope;
  auto reply = co_await connection->command(scope.within(redis_.answer_timeout), std::move(words));
  if (reply) co_return reply;
  ++state_.failures;
  // Too slow once is too slow for everybody: the next callers go on without, until a new connection answers.
  if (reply.error().kind() == ErrorKind::timeout && caller.check()) {
    const auto reason = fmt::format("no answer within {}", format_duration(redis_.answer_timeout));
    set_degraded(reason);
    connection->close(reason);
  }
  co_return reply;
}

aio::Task<Result<bool>> RedisCoordination::run_lock_script(aio::Scope scope, std::string_view script, std::string key,
                                                           std::string token, milliseconds ttl) {
  auto reply = co_await command(scope, {"EVAL", std::string(script), "1", key, token, std::to_string(ttl.count())});
  // Of another type: somebody put something else there, so it is ours no more.
  if (!reply && reply.error().kind() == ErrorKind::conflict) co_return false;
  if (!reply) co_return pass(reply);
  co_return reply->integer == 1;
}

HeldLock RedisCoordination::hold(std::string key, std::string token, milliseconds ttl, SteadyInstant sent_at) {
  auto state = std::make_shared<HeldLock::State>();
  state->key = key;
  state->token = token;
  state->ttl = ttl;
  state->clock = &clock_;
  state->valid_until = sent_at + ttl;
  state->renew = [this, key, token, ttl](aio::Scope scope) {
    return run_lock_script(std::move(scope), k_renew_script, key, token, ttl);
  };
  state->unlock = [this, key, token]() -> aio::Task<void> {
    return [](aio::Task<Result<bool>> unlocking) -> aio::Task<void> {
      // Where this fails, the lock ends by its time.
      (void)co_await std::move(unlocking);
    }(run_lock_script(aio::Scope::background().within(redis_.answer_timeout), k_unlock_script, key, token, milliseconds(0)));
  };
  group_.spawn(keep_lock(executor_, group_.scope(), state, losses_), "renewal of " + key);
  ++state_.locks_taken;
  return HeldLock(std::move(state));
}

aio::Task<std::optional<HeldLock>> RedisCoordination::lock(aio::Scope scope, std::string key, LockOptions options) {
  const auto token = options_.instance + "/" + random_.token(20);
  const auto give_up = clock_.steady_now() + options.wait_max;
  while (is_up()) {
    const auto sent_at = clock_.steady_now();
    auto taken = co_await command(scope, {"SET", key, token, "NX", "PX", std::to_string(options.ttl.count())});
    if (!taken) break;
    if (taken->kind == RedisReply::Kind::text) co_return hold(std::move(key), token, options.ttl, sent_at);
    const auto left = give_up - clock_.steady_now();
    if (left <= milliseconds(0) || !scope.check()) {
      const auto holder = co_await describe_lock(scope, key);
      ++state_.locks_refused;
      log_refused(key, holder.owner, holder.left);
      co_return std::nullopt;
    }
    co_await aio::sleep(executor_, scope, std::min(k_lock_poll_interval, std::chrono::ceil<milliseconds>(left)));
  }
  if (!scope.check()) co_return std::nullopt;
  options.wait_max = std::max(milliseconds(0), std::chrono::ceil<milliseconds>(give_up - clock_.steady_now()));
  co_return co_await local_.lock(std::move(scope), std::move(key), options);
}

aio::Task<LockState> RedisCoordination::describe_lock(aio::Scope scope, std::string key) {
  LockState lock{.key = key, .owner = "", .left = std::nullopt};
  // A few bytes are enough for a name, whatever lies there.
  auto value = co_await command(scope, {"GETRANGE", key, "0", "200"});
  if (value) lock.owner = owner_of(value->text);
  if (!value && value.error().kind() == ErrorKind::conflict) lock.owner = "(not a lock)";
  auto left = co_await command(scope, {"PTTL", key});
  if (left && left->integer >= 0) lock.left = milliseconds(left->integer);
  co_return lock;
}

aio::Task<Result<std::vector<LockState>>> RedisCoordination::list_locks(aio::Scope scope, std::string prefix, std::size_t limit) {
  scope = scope.within(k_list_timeout);
  std::set<std::string> keys;
  std::string cursor = "0";
  do {
    auto page = co_await command(scope, {"SCAN", cursor, "MATCH", escape_glob(prefix) + "*", "COUNT", "500"});
    if (!page) co_return pass(page, "locks in Redis");
    if (page->items.size() != 2) co_return fail(ErrorKind::protocol, "Redis answers SCAN with something else");
    cursor = page->items[0].text;
    for (const auto& item : page->items[1].items) keys.insert(item.text);
  } while (cursor != "0" && keys.size() < limit);
  std::vector<LockState> locks;
  for (const auto& key : keys) {
    if (locks.size() == limit) break;
    auto lock = co_await describe_lock(scope, key);
    if (!is_up()) co_return fail(ErrorKind::unavailable, "{}", state_.reason);
    lock.key = printable(key, 200);
    locks.push_back(std::move(lock));
  }
  co_return locks;
}

void RedisCoordination::wake(std::string_view topic) {
  local_.wake_known(topic);
  if (!is_up()) return;
  waking_.emplace(topic);
  if (std::exchange(is_publishing_, true)) return;
  group_.spawn(publish_wakes(), "wake-ups");
}

aio::Task<void> RedisCoordination::publish_wakes() {
  while (!waking_.empty() && group_.scope().check()) {
    // While one round is under way, the next collects: a thousand wake-ups are a few messages.
    for (const auto& topic : std::exchange(waking_, {}))
      (void)co_await command(group_.scope(), {"PUBLISH", std::string(k_wake_prefix) + topic, options_.instance});
  }
  is_publishing_ = false;
}

aio::Task<RateDecision> RedisCoordination::take(aio::Scope scope, std::string bucket, RateLimit limit) {
  const auto name = bucket.size() <= k_bucket_bytes_max ? bucket : sha256_hex(bucket);
  const auto interval = interval_of(limit);
  const auto most = interval * std::max(1, limit.limit);
  if (is_up()) {
    auto taken = co_await command(scope, {"EVAL", std::string(k_take_script), "1", std::string(k_rate_prefix) + name,
                                          std::to_string(interval.count()), std::to_string(most.count())});
    if (taken && taken->items.size() == 2)
      co_return decision_of({.allowed = taken->items[0].integer == 1, .ahead = microseconds(taken->items[1].integer)}, limit);
  }
  co_return co_await local_.take(std::move(scope), name, limit);
}

aio::Task<std::optional<std::string>> RedisCoordination::cached(aio::Scope scope, std::string key) {
  if (!is_up()) co_return co_await local_.cached(std::move(scope), std::move(key));
  // Not more than one of ours can have, whatever lies there.
  auto reply = co_await command(
      scope, {"GETRANGE", std::string(k_cache_prefix) + key, "0", std::to_string(k_cached_bytes_max + k_checksum_bytes)});
  if (!reply || reply->text.size() < k_checksum_bytes) co_return std::nullopt;
  const auto value = std::string_view(reply->text).substr(k_checksum_bytes);
  if (checksum(key, value) != std::string_view(reply->text).substr(0, k_checksum_bytes)) co_return std::nullopt;
  co_return std::string(value);
}

aio::Task<void> RedisCoordination::put_cached(aio::Scope scope, std::string key, std::string value, milliseconds ttl) {
  if (value.size() > k_cached_bytes_max || ttl <= milliseconds(0)) co_return;
  if (!is_up()) co_return co_await local_.put_cached(std::move(scope), std::move(key), std::move(value), ttl);
  (void)co_await command(
      scope, {"SET", std::string(k_cache_prefix) + key, checksum(key, value) + value, "PX", std::to_string(ttl.count())});
}

CoordinationState RedisCoordination::state() const {
  auto state = state_;
  const auto local = local_.state();
  state.locks_taken += local.locks_taken;
  state.locks_refused += local.locks_refused;
  state.locks_lost = *losses_ + local.locks_lost;
  return state;
}

}  // namespace gannet::coordination::impl
