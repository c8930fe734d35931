#include "scan/engine.hpp"

#include "base/log.hpp"
#include "base/text.hpp"
#include "base/version.hpp"

namespace gannet::scan {

using namespace std::chrono_literals;
using record::ConsentState;
using record::ScanStatus;
using record::VisitStatus;

namespace {

/// Up to so many pages, each page of `untouched` gets a context of its own, so that one page's cookies are not the next one's.
constexpr std::size_t k_fresh_contexts_max = 10;
constexpr auto k_scan_budget = 30min;

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

record::ScreenshotSet* screenshots_for(const QuickScan& request, bool is_start_page) {
  switch (request.params.screenshots) {
    case Screenshots::off: return nullptr;
    case Screenshots::start: return is_start_page ? request.screenshots : nullptr;
    case Screenshots::all: return request.screenshots;
  }
  return nullptr;
}

/// What may be better in a moment: the network, an overloaded server. An answer such as 403 or 404 is final.
bool is_worth_retrying(const record::Visit& visit) {
  static constexpr int k_passing[] = {429, 502, 503, 504};
  if (std::ranges::find(k_passing, visit.http_status) != std::end(k_passing)) return true;
  return visit.status == VisitStatus::failed && visit.http_status < 400;
}

}  // namespace

struct Engine::Run {
  QuickScan request;
  std::vector<std::string> pages;
  std::function<void(const Progress&)> on_progress;
  std::size_t visits_done = 0;
  std::size_t visits_total = 0;
};

std::pair<ScanStatus, std::string> judge_scan(const std::vector<record::StateRecord>& states, bool is_cancelled) {
  std::string reason;
  bool has_start_page = false;
  bool is_complete = true;
  for (const auto& state : states) {
    if (state.visits.empty()) is_complete = false;
    for (std::size_t i = 0; i < state.visits.size(); ++i) {
      const auto& visit = state.visits[i];
      if (i == 0 && (visit.status == VisitStatus::ok || visit.status == VisitStatus::partial)) has_start_page = true;
      if (visit.status == VisitStatus::ok) continue;
      is_complete = false;
      if (reason.empty())
        reason = fmt::format("{} in state {}: {}", visit.requested_url, record::to_string(visit.state), visit.reason);
    }
  }
  if (is_cancelled) return {ScanStatus::cancelled, "the scan was cancelled; what was recorded until then is kept"};
  if (!has_start_page) return {ScanStatus::failed, reason.empty() ? "no page was visited" : reason};
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
  const auto& identity = parts_.browser.identity();
  record.how = {std::string(version()),
                parts_.browser.product(),
                identity.user_agent,
                std::string(browser::to_string(parts_.browser.third_party_cookies())),
                parts_.browser.has_sandbox(),
                fmt::format("{}x{}", identity.viewport_width, identity.viewport_height),
                ""};
  Run run{std::move(request), {}, std::move(on_progress)};
  auto pages = pages_to_visit(run.request.url, run.request.params.custom_pages);
  if (!pages) {
    record.reason = pages.error().describe();
    record.ended_at = parts_.clock.now();
    co_return record;
  }
  run.pages = std::move(*pages);
  const auto& params = run.request.params;
  run.visits_total = run.pages.size() * params.consent_states.size();
  record.states.resize(params.consent_states.size());

  // States do not share anything but the machine, and most of a visit is waiting.
  aio::Semaphore slots(parts_.executor, std::size_t(params.concurrency));
  aio::TaskGroup group(parts_.executor);
  const auto task = [](Engine& engine, aio::Scope state_scope, aio::Semaphore& semaphore, Run& shared,
                       record::StateRecord& state) -> aio::Task<void> {
    auto slot = co_await semaphore.acquire(state_scope);
    if (slot) co_await engine.visit_state(state_scope, shared, state);
  };
  for (std::size_t i = 0; i < params.consent_states.size(); ++i) {
    record.states[i].state = params.consent_states[i];
    group.spawn(task(*this, scope, slots, run, record.states[i]), "scan state");
  }
  co_await group.wait_idle(aio::Scope::background());

  std::tie(record.status, record.reason) = judge_scan(record.states, scope.is_cancelled());
  record.ended_at = parts_.clock.now();
  co_return record;
}

aio::Task<void> Engine::visit_state(aio::Scope scope, Run& run, record::StateRecord& state) {
  state.has_fresh_context_per_page = state.state == ConsentState::untouched && run.pages.size() <= k_fresh_contexts_max;
  if (state.has_fresh_context_per_page) {
    for (const auto& page : run.pages) co_await visit_pages_in_one_context(scope, run, state, {page});
  } else {
    co_await visit_pages_in_one_context(scope, run, state, run.pages);
  }
  // The page on which the choice was made, else what the start page showed.
  if (state.visits.empty()) co_return;
  state.consent = state.visits.front().consent;
  for (const auto& visit : state.visits)
    if (visit.consent.result == record::ConsentResult::proved || visit.consent.result == record::ConsentResult::unproved)
      state.consent = visit.consent;
}

aio::Task<void> Engine::visit_pages_in_one_context(aio::Scope scope, Run& run, record::StateRecord& state,
                                                   std::vector<std::string> pages) {
  const auto add = [&](record::Visit visit) {
    ++run.visits_done;
    visit.requested_url = parts_.redactor.url(visit.requested_url);
    if (run.on_progress) run.on_progress({run.visits_done, run.visits_total, state.state, visit.requested_url, visit.status});
    state.visits.push_back(std::move(visit));
  };
  const auto add_failed = [&](const std::string& url, std::string reason) {
    record::Visit visit;
    visit.state = state.state;
    visit.requested_url = url;
    visit.started_at = parts_.clock.now();
    visit.reason = std::move(reason);
    add(std::move(visit));
  };
  if (auto ready = scope.check(); !ready) {
    for (const auto& page : pages) add_failed(page, ready.error().describe());
    co_return;
  }
  const auto names = ObserverNames::make(parts_.random);
  auto gate = parts_.proxy.open_gate({.peer_uid = parts_.browser_uid});
  if (!gate) {
    for (const auto& page : pages) add_failed(page, gate.error().describe());
    co_return;
  }
  auto context = co_await parts_.browser.open_context(scope.within(30s), gate->proxy_server(), names.document_script(), "");
  if (!context) {
    for (const auto& page : pages) add_failed(page, context.error().describe());
    co_return;
  }
  bool is_after_choice = false;
  for (const auto& page : pages) {
    VisitPlan plan{state.state, page, false, is_after_choice};
    plan.takes_consent_action = state.state != ConsentState::untouched && !is_after_choice;
    plan.screenshots = screenshots_for(run.request, page == run.pages.front());
    auto visit = co_await visit_with_retries(scope, run, **context, names, *gate, plan);
    if (visit.consent.result == record::ConsentResult::proved || visit.consent.result == record::ConsentResult::unproved)
      is_after_choice = true;
    add(std::move(visit));
  }
  auto disposed = co_await (*context)->dispose(aio::Scope::background().within(5s));
  if (!disposed) LOG_INFO("scan", "{}", disposed.error().describe());
}

aio::Task<record::Visit> Engine::visit_with_retries(aio::Scope scope, Run& run, browser::BrowserContext& context,
                                                    const ObserverNames& names, const net::Gate& gate, VisitPlan plan) {
  const auto& params = run.request.params;
  for (int attempt = 1;; ++attempt) {
    VisitEnvironment environment{parts_.executor,    parts_.clock, parts_.redactor, context,
                                 parts_.autoconsent, names,        account_of(gate)};
    auto visit = co_await run_visit(scope, std::move(environment), params, plan);
    visit.attempts = attempt;
    if (!is_worth_retrying(visit) || attempt > params.max_retries || scope.is_cancelled() || !parts_.browser.is_alive())
      co_return visit;
    // Doubling back-off: 0.5 s, 1 s, 2 s, …
    auto waited = co_await aio::sleep(parts_.executor, scope, 500ms * (1 << (attempt - 1)));
    if (!waited) co_return visit;
  }
}

}  // namespace gannet::scan
