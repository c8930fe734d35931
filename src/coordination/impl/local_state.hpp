// What coordination keeps in this process: locks, rate buckets, a cache. Pure; bounded; times are given. InProcess uses it alone,
// Redis while the server is away.
#pragma once

#include <chrono>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"
#include "coordination/coordination.hpp"

namespace gannet::coordination::impl {

class LocalLocks {
 public:
  bool try_lock(const std::string& key, const std::string& token, SteadyInstant now, std::chrono::milliseconds ttl);
  /// False where it is no longer this token's.
  bool renew(const std::string& key, const std::string& token, SteadyInstant now, std::chrono::milliseconds ttl);
  bool unlock(const std::string& key, const std::string& token, SteadyInstant now);
  /// Who has it, and until when.
  struct Holder {
    std::string token;
    SteadyInstant until;
  };
  std::optional<Holder> find(const std::string& key, SteadyInstant now) const;
  std::vector<LockState> list(std::string_view prefix, std::size_t limit, SteadyInstant now) const;

 private:
  std::map<std::string, Holder> held_;
};

/// The owner's part of a lock's value, "instance/random"; what it begins with where it is none of ours. Safe to print.
std::string owner_of(std::string_view token);

/// GCRA (ITU-T I.371, the virtual scheduling algorithm): the bucket's state is one time, how far it is booked ahead.
struct Booking {
  bool allowed = false;
  /// By how much the bucket is booked beyond now, after this.
  std::chrono::microseconds ahead{0};
};
Booking book(std::chrono::microseconds ahead, const RateLimit& limit);
/// What callers are told of it.
RateDecision decision_of(const Booking& booking, const RateLimit& limit);
/// Between two that are allowed once the burst is used up.
std::chrono::microseconds interval_of(const RateLimit& limit);

class LocalRates {
 public:
  explicit LocalRates(std::size_t buckets_max) : buckets_max_(buckets_max) {}
  RateDecision take(const std::string& bucket, const RateLimit& limit, SteadyInstant now);
  std::size_t size() const { return booked_until_.size(); }

 private:
  /// Those that are empty again go first; where none is, all go: a new limit is better than no memory.
  void make_room(SteadyInstant now);

  std::size_t buckets_max_;
  std::unordered_map<std::string, SteadyInstant> booked_until_;
};

/// Least recently used goes first.
class LocalCache {
 public:
  explicit LocalCache(std::size_t bytes_max) : bytes_max_(bytes_max) {}
  std::optional<std::string> find(const std::string& key, SteadyInstant now);
  void put(const std::string& key, std::string value, SteadyInstant until);
  std::size_t size_bytes() const { return size_bytes_; }

 private:
  struct Entry {
    std::string key;
    std::string value;
    SteadyInstant until;
    std::size_t size_bytes() const { return key.size() + value.size() + 128; }
  };
  using Entries = std::list<Entry>;
  void drop(Entries::iterator entry);

  std::size_t bytes_max_;
  std::size_t size_bytes_ = 0;
  Entries entries_;  // Most recently used first.
  std::unordered_map<std::string, Entries::iterator> by_key_;
};

}  // namespace gannet::coordination::impl
