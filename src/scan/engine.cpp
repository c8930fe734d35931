#include "scan/engine.hpp"

#include <optional>

#include "base/version.hpp"
#include "scan/impl/scan_run.hpp"
#include "scan/impl/state_visits.hpp"
#include "scan/impl/visit_end.hpp"

namespace gannet::scan {

using namespace std::chrono_literals;
using record::ConsentState;
using record::ScanStatus;
using record::VisitStatus;

namespace {

/// Up to so many pages, each page of `untouched` gets a context of its own, so that one page's cookies are not the next one's.
constexpr std::size_t k_fresh_contexts_max = 10;
constexpr auto k_scan_budget = 30min;

record::How how_made(const browser::Browser& browser) {
  const auto& identity = browser.identity();
  return {std::string(version()),
          browser.product(),
          identity.user_agent,
          std::string(browser::to_string(browser.third_party_cookies())),
          browser.has_sandbox(),
          fmt::format("{}x{}", identity.viewport_width, identity.viewport_height),
          ""};
}

/// Why the start page was seen in no state, where it is the same for all.
std::optional<std::string> common_reason(const std::vector<record::StateRecord>& states) {
  const record::Visit* first = nullptr;
  for (const auto& state : states) {
    if (state.visits.empty() || (first && state.visits.front().reason != first->reason)) return std::nullopt;
    first = &state.visits.front();
  }
  if (!first) return std::nullopt;
  return fmt::format("{}: {}", first->requested_url, first->reason);
}

}  // namespace

std::pair<ScanStatus, std::string> judge_scan(const std::vector<record::StateRecord>& states, bool is_cancelled) {
  std::string reason;
  bool has_start_page = false;
  bool is_complete = true;
  bool is_anything_seen = false;
  for (const auto& state : states) {
    if (state.visits.empty()) is_complete = false;
    for (std::size_t i = 0; i < state.visits.size(); ++i) {
      const auto& visit = state.visits[i];
      if (i == 0 && (visit.status == VisitStatus::ok || visit.status == VisitStatus::partial)) has_start_page = true;
      if (!visit.phases.empty()) is_anything_seen = true;
      if (visit.status == VisitStatus::ok) continue;
      is_complete = false;
      if (reason.empty())
        reason = fmt::format("{} in state {}: {}", visit.requested_url, record::to_string(visit.state), visit.reason);
    }
  }
  if (is_cancelled)
    return {ScanStatus::cancelled,
            fmt::format("{}{}", k_interrupted,
                        is_anything_seen ? "; what was recorded until then is kept" : " before any page was seen")};
  if (!has_start_page)
    return {ScanStatus::failed, reason.empty() ? "no page was visited" : common_reason(states).value_or(reason)};
  if (!is_complete) return {ScanStatus::partial, reason};
  return {ScanStatus::success, ""};
}

aio::Task<record::ScanRecord> Engine::scan(aio::Scope scope, QuickScan request,
                                           std::function<void(const Progress&)> on_progress) {
  scope = scope.within(k_scan_budget);
  record::ScanRecord record;
  record.id = request.id;
  record.url = parts_.redactor.url(request.url);
  record.started_at = parts_.clock.now();
  ScanRun run;
  run.request = std::move(request);
  run.on_progress = std::move(on_progress);
  auto pages = pages_to_visit(run.request.url, run.request.params.custom_pages);
  auto browser = co_await parts_.browsers.get(scope);
  if (!pages || !browser) {
    record.reason = pages ? words_for_launch(browser.error()) : pages.error().describe();
    if (scope.is_cancelled()) std::tie(record.status, record.reason) = judge_scan({}, true);
    record.ended_at = parts_.clock.now();
    co_return record;
  }
  record.how = how_made(**browser);
  run.pages = std::move(*pages);
  const auto& params = run.request.params;
  run.visits_total = run.pages.size() * params.consent_states.size();
  record.states.resize(params.consent_states.size());

  // States do not share anything but the machine, and most of a visit is waiting.
  aio::Semaphore slots(parts_.executor, std::size_t(params.concurrency));
  aio::TaskGroup group(parts_.executor);
  std::size_t waiting = params.consent_states.size();
  const auto task = [](Engine& engine, aio::Scope scan_scope, aio::Semaphore& semaphore, std::size_t& still_waiting,
                       ScanRun& shared, record::StateRecord& state) -> aio::Task<void> {
    auto slot = co_await semaphore.acquire(scan_scope);
    const StatesToCome to_come{still_waiting--, std::size_t(shared.request.params.concurrency)};
    const auto share = state_budget(scan_scope.remaining(), to_come);
    co_await engine.visit_state(scan_scope.within(share), shared, state);
  };
  for (std::size_t i = 0; i < params.consent_states.size(); ++i) {
    record.states[i].state = params.consent_states[i];
    group.spawn(task(*this, scope, slots, waiting, run, record.states[i]), "scan state");
  }
  co_await group.wait_idle(aio::Scope::background());

  std::tie(record.status, record.reason) = judge_scan(record.states, scope.is_cancelled());
  record.ended_at = parts_.clock.now();
  co_return record;
}

aio::Task<void> Engine::visit_state(aio::Scope scope, ScanRun& run, record::StateRecord& state) {
  state.has_fresh_context_per_page = state.state == ConsentState::untouched && run.pages.size() <= k_fresh_contexts_max;
  if (state.has_fresh_context_per_page) {
    for (const auto& page : run.pages) {
      StateVisits visits(parts_, run, state);
      co_await visits.visit(scope, {page});
    }
  } else {
    StateVisits visits(parts_, run, state);
    co_await visits.visit(scope, run.pages);
  }
  // The page on which the choice was made, else what the start page showed.
  if (state.visits.empty()) co_return;
  state.consent = state.visits.front().consent;
  for (const auto& visit : state.visits)
    if (has_choice(visit)) state.consent = visit.consent;
}

}  // namespace gannet::scan
