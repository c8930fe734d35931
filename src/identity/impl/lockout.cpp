#include "identity/impl/lockout.hpp"

#include <algorithm>
#include <charconv>

#include "base/text.hpp"

namespace gannet::identity::impl {

Lockout::Lockout(LockoutRules rules, std::string_view kept) : rules_(rules) {
  for (const auto word : split(kept, ' ')) {
    std::int64_t at_us = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), at_us);
    if (error == std::errc() && end == word.data() + word.size()) tries_.emplace_back(std::chrono::microseconds(at_us));
  }
  std::ranges::sort(tries_);
}

std::optional<Instant> Lockout::locked_until(Instant now) const {
  if (tries_.size() < std::size_t(rules_.failures_max)) return std::nullopt;
  const auto first = tries_[tries_.size() - std::size_t(rules_.failures_max)];
  const auto until = tries_.back() + rules_.duration;
  if (tries_.back() - first >= rules_.window || now >= until) return std::nullopt;
  return until;
}

void Lockout::begin_try(Instant now) {
  tries_.push_back(now);
  if (tries_.size() > std::size_t(rules_.failures_max)) tries_.erase(tries_.begin());
}

int Lockout::tries_left(Instant now) const {
  const auto recent = std::ranges::count_if(tries_, [&](Instant at) { return now - at < rules_.window; });
  return std::max(0, rules_.failures_max - int(recent));
}

std::string Lockout::to_string() const {
  std::vector<std::string> words;
  for (const auto at : tries_) words.push_back(std::to_string(at.time_since_epoch().count()));
  return join(words, " ");
}

}  // namespace gannet::identity::impl
