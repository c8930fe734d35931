#include "scan/impl/state_visits.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "scan/impl/retry_after.hpp"
#include "scan/impl/visit_end.hpp"

namespace gannet::scan {

using namespace std::chrono_literals;
using record::ConsentState;
using record::VisitStatus;

namespace {

/// A page that took the browser along twice will do so a third time.
constexpr int k_losses_per_visit_max = 2;
constexpr auto k_open_limit = 30s;
constexpr auto k_close_limit = 5s;

NetworkAccount account_of(const net::Gate& gate) {
  return {[&gate](std::string_view host, std::uint16_t port) {
            const auto address = gate.last_address(host, port);
            return address ? address->to_string() : std::string();
          },
          [&gate](std::string_view host, std::uint16_t port) {
            // The browser may have opened several connections at once: the newest that came to an end decides.
            const auto log = gate.log();
            for (auto entry = log.rbegin(); entry != log.rend(); ++entry) {
              if (entry->host != host || entry->port != port) continue;
              using State = net::ConnectionRecord::State;
              if (!entry->reason.empty() && (entry->state == State::refused || entry->state == State::failed))
                return entry->reason;
              if (!entry->address.empty()) break;
            }
            return std::string();
          }};
}

/// What may be better in a moment: the network, an overloaded server. An answer such as 403 or 404 is final.
bool is_worth_retrying(const record::Visit& visit) {
  static constexpr int k_passing[] = {429, 502, 503, 504};
  if (std::ranges::find(k_passing, visit.http_status) != std::end(k_passing)) return true;
  return visit.status == VisitStatus::failed && visit.http_status < 400;
}

/// Where the pictures of a page go; null where none are wanted.
record::ScreenshotSet* screenshots_for(const QuickScan& request, bool is_start_page) {
  switch (request.params.screenshots) {
    case Screenshots::off: return nullptr;
    case Screenshots::start: return is_start_page ? request.screenshots : nullptr;
    case Screenshots::all: return request.screenshots;
  }
  return nullptr;
}

/// Why nothing can be visited any more under this scope.
std::string words_for_end(const aio::Scope& scope) {
  return scope.is_cancelled() ? fmt::format("{} before this page was visited", k_interrupted)
                              : "the scan's time for this state was used up before this page was visited";
}

}  // namespace

aio::Task<void> StateVisits::visit(aio::Scope scope, std::vector<std::string> pages) {
  for (const auto& page : pages) {
    auto visit = co_await visit_with_retries(scope, page);
    add(std::move(visit));
  }
  co_await close_jar();
}

aio::Task<record::Visit> StateVisits::visit_with_retries(aio::Scope scope, std::string url) {
  // What a lost browser let us see is kept where no later try saw more.
  std::optional<record::Visit> seen_in_part;
  int losses = 0;
  for (int attempt = 1;; ++attempt) {
    auto tried = co_await try_visit(scope, url);
    auto& visit = tried.outcome.visit;
    visit.attempts = attempt;
    if (tried.has_lost_browser) ++losses;
    const bool is_passing = tried.has_lost_browser ? losses < k_losses_per_visit_max : is_worth_retrying(visit);
    const bool is_last = !is_passing || attempt > run_.request.params.max_retries || run_.has_given_up() || !scope.check() ||
                         !co_await wait_before_retry(scope, attempt, tried.outcome);
    if (is_last && visit.status == VisitStatus::failed && seen_in_part) {
      seen_in_part->attempts = attempt;
      co_return std::move(*seen_in_part);
    }
    if (is_last) {
      tell_loss(visit);
      co_return std::move(visit);
    }
    if (tried.has_lost_browser && visit.status == VisitStatus::partial) seen_in_part = std::move(visit);
  }
}

aio::Task<StateVisits::Try> StateVisits::try_visit(aio::Scope scope, std::string url) {
  const auto failed = [&](std::string reason) { return Try{{unvisited(url, std::move(reason)), ""}, true}; };
  if (!scope.check()) co_return Try{{unvisited(url, words_for_end(scope)), ""}, false};
  if (run_.has_given_up())
    co_return failed(fmt::format("the browser was lost {} times in a row and is not started again; the last time: {}",
                                 run_.browser_losses, run_.browser_loss_reason));
  auto ready = co_await have_jar(scope);
  if (!ready && !scope.check()) co_return Try{{unvisited(url, words_for_end(scope)), ""}, false};
  if (!ready) co_return failed(ready.error().message());
  const auto& start_page = run_.pages.front();
  if (must_choose_again_ && url != start_page) {
    auto again = co_await visit_in_jar(scope, start_page);
    if (again.has_lost_browser) co_return failed(again.outcome.visit.reason);
    again.outcome.visit.facts.push_back(
        {"choice repeated", "the choice was lost with the former browser and was made again on the start page", {}});
    tell_loss(again.outcome.visit);
    must_choose_again_ = false;
    ++run_.visits_total;
    add(std::move(again.outcome.visit));
  }
  auto tried = co_await visit_in_jar(scope, url);
  if (!tried.has_lost_browser && url == start_page) must_choose_again_ = false;
  co_return tried;
}

/// A jar in a living browser: the one that is there, or a new one.
aio::Task<Result<void>> StateVisits::have_jar(aio::Scope scope) {
  if (jar_ && jar_->browser->is_alive()) co_return Result<void>{};
  if (jar_) {
    loss_ = jar_->browser->death_reason();
    if (std::exchange(is_after_choice_, false)) must_choose_again_ = true;
    co_await close_jar();
  }
  co_return co_await open_jar(scope);
}

aio::Task<Result<void>> StateVisits::open_jar(aio::Scope scope) {
  auto browser = co_await parts_.browsers.get(scope);
  if (!browser) {
    const auto reason = words_for_launch(browser.error());
    if (scope.check()) run_.note_loss(nullptr, reason);
    co_return fail(ErrorKind::unavailable, "{}", reason);
  }
  auto names = ObserverNames::make(parts_.random);
  auto gate = parts_.proxy.open_gate({.peer_uid = parts_.browser_uid});
  if (!gate) co_return fail(gate.error().kind(), "{}", gate.error().message());
  auto context = co_await (*browser)->open_context(scope.within(k_open_limit), gate->proxy_server(), names.document_script(),
                                                   names.document_script());
  if (!context) {
    if ((*browser)->is_alive()) co_return fail(ErrorKind::unavailable, "the browser did not open a new cookie jar");
    run_.note_loss(*browser, (*browser)->death_reason());
    co_return fail(ErrorKind::unavailable, "{}", (*browser)->death_reason());
  }
  jar_.emplace(Jar{std::move(*browser), std::move(*gate), std::move(names), std::move(*context)});
  co_return Result<void>{};
}

aio::Task<void> StateVisits::close_jar() {
  if (!jar_) co_return;
  if (jar_->browser->is_alive()) {
    auto disposed = co_await jar_->context->dispose(aio::Scope::background().within(k_close_limit));
    if (!disposed) LOG_INFO("scan", "{}", disposed.error().describe());
  }
  jar_.reset();
}

aio::Task<StateVisits::Try> StateVisits::visit_in_jar(aio::Scope scope, std::string url) {
  VisitPlan plan{state_.state, url, false, is_after_choice_};
  plan.screenshots = screenshots_for(run_.request, url == run_.pages.front());
  plan.takes_consent_action = state_.state != ConsentState::untouched && !is_after_choice_;
  VisitEnvironment environment{parts_.executor, parts_.clock,       parts_.redactor, run_.space,
                               *jar_->context,  parts_.autoconsent, jar_->names,     account_of(jar_->gate)};
  Try tried{co_await run_visit(scope, std::move(environment), run_.request.params, std::move(plan)), false};
  auto& visit = tried.outcome.visit;
  if (has_choice(visit)) is_after_choice_ = true;
  if (jar_->browser->is_alive()) {
    run_.browser_losses = 0;
  } else if (visit.status != VisitStatus::ok) {
    tried.has_lost_browser = true;
    run_.note_loss(jar_->browser, jar_->browser->death_reason());
  }
  co_return tried;
}

/// Doubling back-off (0.5 s, 1 s, 2 s, …), or what the server asks for. False where the scan ended meanwhile, or the server asks
/// for more than a visit's time.
aio::Task<bool> StateVisits::wait_before_retry(aio::Scope scope, int attempt, VisitOutcome& outcome) {
  std::chrono::milliseconds wait = 500ms * (1 << (attempt - 1));
  const bool is_busy = outcome.visit.http_status == 429 || outcome.visit.http_status == 503;
  if (const auto asked = is_busy ? parse_retry_after(outcome.retry_after, parts_.clock.now()) : std::nullopt) {
    wait = *asked;
    const auto limit = std::min(visit_budget(run_.request.params, false), scope.remaining());
    if (wait > limit) {
      outcome.visit.facts.push_back(
          {"not visited again",
           fmt::format("the server asked to wait {}; at most {} are waited", in_seconds(wait), in_seconds(limit)),
           {}});
      co_return false;
    }
  }
  auto waited = co_await aio::sleep(parts_.executor, scope, wait);
  co_return waited.has_value();
}

/// Marks the first visit that is kept of a new jar.
void StateVisits::tell_loss(record::Visit& visit) {
  if (loss_.empty() || !jar_) return;
  visit.facts.push_back({std::string(record::k_browser_restarted),
                         std::exchange(loss_, "") + "; it was started again, with an empty cookie jar",
                         {}});
}

void StateVisits::add(record::Visit visit) {
  ++run_.visits_done;
  visit.requested_url = parts_.redactor.url(visit.requested_url);
  if (run_.on_progress) run_.on_progress({run_.visits_done, run_.visits_total, state_.state, visit.requested_url, visit.status});
  state_.visits.push_back(std::move(visit));
}

record::Visit StateVisits::unvisited(const std::string& url, std::string reason) const {
  record::Visit visit;
  visit.state = state_.state;
  visit.requested_url = url;
  visit.started_at = parts_.clock.now();
  visit.reason = std::move(reason);
  return visit;
}

}  // namespace gannet::scan
