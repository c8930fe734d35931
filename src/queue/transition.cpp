#include "queue/transition.hpp"

#include <algorithm>

namespace gannet::queue {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds k_backoff_first = std::chrono::seconds(2);
constexpr milliseconds k_backoff_max = std::chrono::hours(1);
constexpr int k_doublings_max = 20;

struct Decide {
  Attempts attempts;
  Random& random;

  Transition operator()(const Succeeded&) const { return {.kind = Transition::Kind::succeed}; }
  Transition operator()(const Failed& failed) const {
    if (failed.is_final || attempts.made >= attempts.max) return {.kind = Transition::Kind::fail, .error = failed.error};
    return {.kind = Transition::Kind::retry, .delay = backoff(attempts.made, random), .error = failed.error};
  }
  Transition operator()(const Snoozed& snoozed) const {
    return {.kind = Transition::Kind::retry, .delay = snoozed.delay, .spends_attempt = false};
  }
  Transition operator()(const Released&) const { return {.kind = Transition::Kind::retry, .spends_attempt = false}; }
  Transition operator()(const Cancelled& cancelled) const {
    return {.kind = Transition::Kind::cancel, .error = cancelled.reason};
  }
};

}  // namespace

milliseconds backoff(int attempt, Random& random) {
  const milliseconds doubled = k_backoff_first * (1LL << std::clamp(attempt - 1, 0, k_doublings_max));
  const auto whole = std::min(k_backoff_max, doubled);
  return whole - milliseconds(random.next() % std::uint64_t(whole.count() / 4 + 1));
}

Transition decide(const Outcome& outcome, Attempts attempts, Random& random) {
  return std::visit(Decide{attempts, random}, outcome);
}

}  // namespace gannet::queue
