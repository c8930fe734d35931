#include "coordination/impl/local_state.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace gannet::coordination::impl {

using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::milliseconds;

bool LocalLocks::try_lock(const std::string& key, const std::string& token, SteadyInstant now, milliseconds ttl) {
  auto& holder = held_[key];
  if (!holder.token.empty() && holder.until > now) return false;
  holder = {token, now + ttl};
  return true;
}

bool LocalLocks::renew(const std::string& key, const std::string& token, SteadyInstant now, milliseconds ttl) {
  const auto found = held_.find(key);
  if (found == held_.end() || found->second.token != token || found->second.until <= now) return false;
  found->second.until = now + ttl;
  return true;
}

bool LocalLocks::unlock(const std::string& key, const std::string& token, SteadyInstant now) {
  const auto found = held_.find(key);
  if (found == held_.end() || found->second.token != token) return false;
  const bool was_held = found->second.until > now;
  held_.erase(found);
  return was_held;
}

std::optional<LocalLocks::Holder> LocalLocks::find(const std::string& key, SteadyInstant now) const {
  const auto found = held_.find(key);
  if (found == held_.end() || found->second.until <= now) return std::nullopt;
  return found->second;
}

std::vector<LockState> LocalLocks::list(std::string_view prefix, std::size_t limit, SteadyInstant now) const {
  std::vector<LockState> locks;
  for (auto at = held_.lower_bound(std::string(prefix)); at != held_.end() && at->first.starts_with(prefix); ++at) {
    if (locks.size() == limit) break;
    if (at->second.until > now)
      locks.push_back({at->first, owner_of(at->second.token), std::chrono::ceil<milliseconds>(at->second.until - now)});
  }
  return locks;
}

std::string owner_of(std::string_view token) {
  const auto slash = token.rfind('/');
  return printable(slash == std::string_view::npos ? token : token.substr(0, slash), 80);
}

microseconds interval_of(const RateLimit& limit) {
  return std::max(microseconds(1), duration_cast<microseconds>(limit.window) / std::max(1, limit.limit));
}

Booking book(microseconds ahead, const RateLimit& limit) {
  const auto booked = std::max(ahead, microseconds(0)) + interval_of(limit);
  if (booked > interval_of(limit) * std::max(1, limit.limit))
    return {.allowed = false, .ahead = std::max(ahead, microseconds(0))};
  return {.allowed = true, .ahead = booked};
}

RateDecision decision_of(const Booking& booking, const RateLimit& limit) {
  const auto interval = interval_of(limit);
  const auto whole = interval * std::max(1, limit.limit);
  RateDecision decision{.allowed = booking.allowed,
                        .limit = limit.limit,
                        .remaining = int(std::max(microseconds(0), whole - booking.ahead) / interval),
                        .reset_after = std::chrono::ceil<milliseconds>(booking.ahead),
                        .retry_after = milliseconds(0)};
  if (!booking.allowed)
    decision.retry_after = std::max(milliseconds(1), std::chrono::ceil<milliseconds>(booking.ahead + interval - whole));
  return decision;
}

RateDecision LocalRates::take(const std::string& bucket, const RateLimit& limit, SteadyInstant now) {
  if (booked_until_.size() >= buckets_max_ && !booked_until_.contains(bucket)) make_room(now);
  auto& until = booked_until_[bucket];
  const auto booking = book(std::chrono::ceil<microseconds>(until - now), limit);
  until = now + booking.ahead;
  return decision_of(booking, limit);
}

void LocalRates::make_room(SteadyInstant now) {
  std::erase_if(booked_until_, [now](const auto& bucket) { return bucket.second <= now; });
  if (booked_until_.size() >= buckets_max_) booked_until_.clear();
}

std::optional<std::string> LocalCache::find(const std::string& key, SteadyInstant now) {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return std::nullopt;
  if (found->second->until <= now) {
    drop(found->second);
    return std::nullopt;
  }
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->value;
}

void LocalCache::put(const std::string& key, std::string value, SteadyInstant until) {
  if (const auto found = by_key_.find(key); found != by_key_.end()) drop(found->second);
  entries_.push_front({key, std::move(value), until});
  size_bytes_ += entries_.front().size_bytes();
  by_key_[key] = entries_.begin();
  while (size_bytes_ > bytes_max_) drop(std::prev(entries_.end()));
}

void LocalCache::drop(Entries::iterator entry) {
  size_bytes_ -= entry->size_bytes();
  by_key_.erase(entry->key);
  entries_.erase(entry);
}

}  // namespace gannet::coordination::impl
