#include "scan/visit.hpp"

#include <set>

#include <boost/json.hpp>

#include "base/text.hpp"
#include "base/units.hpp"
#include "browser/cdp/json.hpp"
#include "net/url.hpp"
#include "scan/impl/network_error.hpp"
#include "scan/impl/picture.hpp"
#include "scan/impl/visit_end.hpp"

namespace gannet::scan {

using namespace std::chrono_literals;
using record::Phase;
using record::VisitStatus;
namespace cdp = browser::cdp;

namespace {

/// What a page may take to answer a script of ours; one that takes longer is not asked again.
constexpr auto k_script_budget = 10s;
/// The same for each of its other frames, which are many.
constexpr auto k_frame_budget = 2s;

/// Scrolls to the end as a reader would, a screen at a time, so that lazy content wakes up; bounded for endless pages.
constexpr std::string_view k_scroll_script = R"((async () => {
  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const root = document.scrollingElement || document.documentElement;
  for (let step = 0; step < 25 && root && root.scrollTop + innerHeight < root.scrollHeight - 2; ++step) {
    scrollBy(0, Math.max(200, innerHeight * 0.9));
    await pause(60);
  }
  return true;
})())";

constexpr std::string_view k_inventory_script = R"((async () => {
  const names = async (list) => { try { return (await list()).slice(0, 200); } catch { return []; } };
  return {
    origin: location.origin,
    databases: await names(async () => (await indexedDB.databases()).map((database) => database.name)),
    caches: await names(() => caches.keys()),
    workers: await names(async () => (await navigator.serviceWorker.getRegistrations())
      .map((registration) => (registration.active || registration.waiting || registration.installing || {}).scriptURL || registration.scope)),
  };
})())";

constexpr std::string_view k_page_facts_script = R"(({
  title: String(document.title).slice(0, 500),
  links: Array.from(document.links).slice(0, 2000).map((link) => String(link.href)).filter((href) => href.startsWith('http') && href.length < 2048),
}))";

/// All pictures of one scan, which are held in memory until it is kept.
constexpr Bytes k_screenshots_max = 64_MiB;

std::size_t size_of(const record::ScreenshotSet& screenshots) {
  std::size_t bytes = 0;
  for (const auto& [sha256, picture] : screenshots) bytes += picture.size();
  return bytes;
}

/// The consent driver's view of a page under visit.
class VisitedPage final : public consent::ConsentPage {
 public:
  VisitedPage(aio::Executor executor, browser::Page& page, Recorder& recorder)
      : executor_(executor), page_(page), recorder_(recorder) {}

  aio::Executor executor() override { return executor_; }

  std::vector<Frame> frames() override {
    std::vector<Frame> frames;
    for (auto& frame : page_.frames()) frames.push_back({frame.id, frame.url, frame.is_main});
    return frames;
  }

  aio::Task<Result<json::value>> evaluate(aio::Scope scope, std::string frame_id, consent::World world,
                                          std::string expression) override {
    recorder_.set_acting(world == consent::World::page);
    auto value = co_await page_.evaluate(scope.within(k_script_budget), std::move(frame_id),
                                         world == consent::World::page ? browser::World::page : browser::World::isolated,
                                         std::move(expression));
    recorder_.set_acting(false);
    co_return value;
  }

  void mark_action() override { mark_ = recorder_.write_mark(); }
  std::vector<std::string> writes_since_action() override { return recorder_.writes_since(mark_); }

  aio::Task<Result<void>> settle(aio::Scope scope, std::chrono::milliseconds limit) override {
    recorder_.note_action();
    auto settled = co_await recorder_.settle(std::move(scope), limit);
    if (!settled) co_return pass(settled);
    co_return Result<void>{};
  }

 private:
  aio::Executor executor_;
  browser::Page& page_;
  Recorder& recorder_;
  Recorder::WriteMark mark_;
};

/// An answer that says "not for you" is no evidence of what others see; any other error status is a page that did not load.
void judge_status(record::Visit& visit, int status) {
  static constexpr int k_refusals[] = {401, 403, 406, 407, 429, 451, 503};
  if (status < 400) return;
  const bool is_refusal = std::find(std::begin(k_refusals), std::end(k_refusals), status) != std::end(k_refusals);
  visit.status = is_refusal ? VisitStatus::blocked : VisitStatus::failed;
  visit.reason =
      is_refusal ? fmt::format("the site refused the visit: HTTP {}", status) : fmt::format("the page answered HTTP {}", status);
}

/// Runs the phases of one visit on an open page.
class VisitRunner {
 public:
  VisitRunner(VisitEnvironment environment, ScanParams params, VisitPlan plan, browser::Page& page, Recorder& recorder)
      : environment_(std::move(environment)),
        params_(std::move(params)),
        plan_(std::move(plan)),
        page_(page),
        recorder_(recorder) {}

  /// Ok when all planned phases were reached.
  aio::Task<Result<void>> run(aio::Scope scope) {
    recorder_.set_phase(plan_.is_after_choice ? Phase::s3 : Phase::s0);
    step_ = VisitStep::loading;
    auto loaded = co_await load(scope);
    if (!loaded) co_return pass(loaded);
    step_ = VisitStep::observing;
    auto ended = co_await end_phase(scope);
    if (!ended) co_return pass(ended);
    if (!plan_.is_after_choice) {
      co_await take_screenshot(scope);
      recorder_.set_phase(Phase::s1);
    }
    auto scrolled = co_await page_.evaluate(scope.within(k_script_budget), page_.main_frame_id(), browser::World::isolated,
                                            std::string(k_scroll_script));
    if (!scrolled && scrolled.error().kind() != ErrorKind::not_found)
      recorder_.add_fact("not scrolled", scrolled.error().kind() == ErrorKind::timeout ? "the page did not answer in time"
                                                                                       : scrolled.error().message());
    recorder_.note_action();
    ended = co_await end_phase(scope);
    if (!ended) co_return pass(ended);
    if (plan_.takes_consent_action) {
      auto chosen = co_await choose(scope);
      if (!chosen) co_return pass(chosen);
    } else if (plan_.state == record::ConsentState::untouched) {
      co_await look(scope);
    }
    co_await take_screenshot(scope);
    co_await note_page_facts(scope);
    co_return Result<void>{};
  }

  /// The page was seen, but its load event never came.
  bool is_incomplete() const { return is_incomplete_; }
  /// How far it came.
  VisitStep step() const { return step_; }
  /// What was loaded in the page's place is our proxy's refusal.
  bool is_answered_by_proxy() const { return is_answered_by_proxy_; }

 private:
  /// The proxy's word on why the page's host could not be reached, else Chromium's.
  Error network_failure(std::string_view error_text) const {
    if (const auto url = net::Url::parse(recorder_.main_url().empty() ? plan_.url : recorder_.main_url())) {
      const auto reason = environment_.network.failure(url->host(), url->port());
      if (!reason.empty()) return {ErrorKind::unavailable, reason};
    }
    return {ErrorKind::unavailable, words_for_network_error(error_text)};
  }

  aio::Task<Result<void>> load(aio::Scope scope) {
    phase_began_ = environment_.clock.steady_now();
    recorder_.expect_load();
    const auto limit = scope.within(params_.timeout);
    auto navigated = co_await page_.navigate(limit, plan_.url);
    if (!navigated) co_return pass(navigated);
    if (navigated->is_download) co_return fail(ErrorKind::invalid, "the address is a download, not a page");
    if (!navigated->error_text.empty()) co_return std::unexpected(network_failure(navigated->error_text));
    auto loaded = co_await wait_loaded(limit);
    // A plain http page that the proxy could not fetch comes as the proxy's own answer.
    if (loaded && recorder_.main_status() >= 400)
      if (auto failure = network_failure(""); !failure.message().empty()) {
        is_answered_by_proxy_ = true;
        co_return std::unexpected(std::move(failure));
      }
    co_return loaded;
  }

  /// A page whose load event never comes is still a page, if its document came: its deadline is a fact, not a failure.
  aio::Task<Result<void>> wait_loaded(aio::Scope limit) {
    auto loaded = co_await recorder_.wait_loaded(limit);
    if (loaded) co_return Result<void>{};
    if (loaded.error().kind() == ErrorKind::timeout && recorder_.main_status() != 0) {
      recorder_.add_fact("load", "the load event did not come within " + in_seconds(params_.timeout));
      is_incomplete_ = true;
      co_return Result<void>{};
    }
    if (loaded.error().kind() == ErrorKind::unavailable) co_return std::unexpected(network_failure(loaded.error().message()));
    co_return pass(loaded);
  }

  /// Waits for rest, then takes stock: the jar and what the frames store.
  aio::Task<Result<void>> end_phase(aio::Scope scope) {
    auto settled_by = record::SettledBy::quiet;
    if (params_.wait_strategy == WaitStrategy::timeout) {
      auto waited = co_await aio::sleep(environment_.executor, scope, params_.wait_for_dynamic_content);
      if (!waited) co_return pass(waited);
      settled_by = record::SettledBy::ceiling;
    } else if (params_.wait_strategy == WaitStrategy::quiet) {
      auto settled = co_await recorder_.settle(scope, params_.wait_for_dynamic_content);
      if (!settled) co_return pass(settled);
      settled_by = *settled;
    }
    auto jar = co_await environment_.context.cookies(scope.within(k_script_budget));
    if (!jar) co_return pass(jar);
    recorder_.note_jar(*jar);
    const bool is_answering = co_await take_inventory(scope.within(k_script_budget));
    const auto now = environment_.clock.steady_now();
    recorder_.note_phase_end(
        {recorder_.phase(), settled_by, std::chrono::duration_cast<std::chrono::milliseconds>(now - phase_began_).count()});
    phase_began_ = now;
    if (settled_by == record::SettledBy::deadline)
      co_return fail(ErrorKind::timeout, "the visit's time was used up in {}", record::to_string(recorder_.phase()));
    // Whatever else the page is asked would only wait for nothing.
    if (!is_answering && !scope.is_cancelled())
      co_return fail(ErrorKind::exhausted,
                     "the page does not answer: it is busy with a script that does not end, or with more than it can show");
    co_return Result<void>{};
  }

  /// What the frames store besides cookies. False when the page itself does not answer.
  aio::Task<bool> take_inventory(aio::Scope scope) {
    for (const auto& frame : page_.frames()) {
      if (!frame.url.starts_with("http") || silent_frames_.contains(frame.id)) continue;
      if (scope.is_expired()) {
        recorder_.add_fact("not observed", "there was no time to ask all frames what they store");
        break;
      }
      auto inventory = co_await page_.evaluate(frame.is_main ? scope : scope.within(k_frame_budget), frame.id,
                                               browser::World::isolated, std::string(k_inventory_script));
      if (inventory) {
        recorder_.note_inventory(cdp::as_object(*inventory));
      } else if (inventory.error().kind() == ErrorKind::timeout) {
        silent_frames_.insert(frame.id);
        recorder_.add_fact("not observed", frame.is_main ? "the page did not answer what it stores"
                                                         : "a frame of the page did not answer what it stores");
        if (frame.is_main) co_return false;
      }
    }
    co_return true;
  }

  aio::Task<Result<void>> choose(aio::Scope scope) {
    VisitedPage page(environment_.executor, page_, recorder_);
    recorder_.set_phase(Phase::s2);
    step_ = VisitStep::choosing;
    consent::Options options;
    options.choice = plan_.state == record::ConsentState::accepted ? consent::Choice::accept : consent::Choice::reject;
    options.selectors = {params_.accept_selector, params_.reject_selector};
    options.autoconsent = environment_.autoconsent;
    auto outcome = co_await consent::settle_consent(scope.within(k_consent_budget), page, std::move(options));
    if (!outcome) co_return pass(outcome);
    step_ = VisitStep::observing;
    recorder_.visit().consent = std::move(*outcome);
    const auto result = recorder_.visit().consent.result;
    // Nothing was clicked: there is no state after the choice.
    if (result == record::ConsentResult::no_banner || result == record::ConsentResult::no_control) co_return Result<void>{};
    auto ended = co_await end_phase(scope);
    if (!ended) co_return pass(ended);
    co_await read_signals(scope, page);
    step_ = VisitStep::reloading;
    recorder_.set_phase(Phase::s3);
    recorder_.expect_load();
    const auto limit = scope.within(params_.timeout);
    auto reloaded = co_await page_.reload(limit);
    if (!reloaded) co_return pass(reloaded);
    auto loaded = co_await wait_loaded(limit);
    if (!loaded) co_return pass(loaded);
    step_ = VisitStep::observing;
    ended = co_await end_phase(scope);
    if (!ended) co_return pass(ended);
    co_await read_signals(scope, page);
    co_return Result<void>{};
  }

  aio::Task<void> look(aio::Scope scope) {
    VisitedPage page(environment_.executor, page_, recorder_);
    auto banner = co_await consent::look(scope.within(k_script_budget), page);
    if (banner) {
      auto& outcome = recorder_.visit().consent;
      outcome.platform = banner->platform;
      outcome.first_layer_buttons = banner->first_layer_buttons;
      if (banner->is_found) outcome.note = "A banner asks for consent.";
    }
    co_await read_signals(scope, page);
  }

  aio::Task<void> read_signals(aio::Scope scope, VisitedPage& page) {
    auto signals = co_await consent::read_signals(scope.within(k_script_budget), page);
    if (signals) recorder_.note_signals(*signals);
  }

  /// Of the phase that has ended last. A page that cannot be pictured once is not asked again: that waits for nothing.
  aio::Task<void> take_screenshot(aio::Scope scope) {
    auto& visit = recorder_.visit();
    if (!plan_.screenshots || has_screenshot_failed_ || visit.phases.empty()) co_return;
    const auto phase = visit.phases.back().phase;
    auto picture = co_await take_picture(scope, page_);
    if (picture && size_of(*plan_.screenshots) + picture->bytes.size() > k_screenshots_max.count)
      picture = fail(ErrorKind::exhausted, "the scan's pictures fill {} already", format_bytes(k_screenshots_max));
    phase_began_ = environment_.clock.steady_now();
    if (!picture) {
      has_screenshot_failed_ = true;
      co_return recorder_.add_fact("no screenshot", picture.error().describe());
    }
    plan_.screenshots->emplace(picture->screenshot.sha256, std::move(picture->bytes));
    visit.screenshots[phase] = std::move(picture->screenshot);
  }

  aio::Task<void> note_page_facts(aio::Scope scope) {
    auto facts = co_await page_.evaluate(scope.within(k_script_budget), page_.main_frame_id(), browser::World::isolated,
                                         std::string(k_page_facts_script));
    if (!facts) co_return;
    const auto& object = cdp::as_object(*facts);
    recorder_.note_page(cdp::string(object, "title"), cdp::array(object, "links"));
  }

  VisitEnvironment environment_;
  ScanParams params_;
  VisitPlan plan_;
  browser::Page& page_;
  Recorder& recorder_;
  SteadyInstant phase_began_;
  VisitStep step_ = VisitStep::loading;
  /// Ids of frames that did not answer once.
  std::set<std::string> silent_frames_;
  bool is_incomplete_ = false;
  bool is_answered_by_proxy_ = false;
  bool has_screenshot_failed_ = false;
};

}  // namespace

aio::Task<VisitOutcome> run_visit(aio::Scope outer, VisitEnvironment environment, ScanParams params, VisitPlan plan) {
  const auto budget = visit_budget(params, plan.takes_consent_action);
  const auto scope = outer.within(budget);
  Recorder recorder(environment.executor, {environment.clock, environment.redactor, environment.space},
                    {plan.state, plan.url, environment.names.token, environment.network});
  auto page = co_await environment.context.open_page(scope.within(30s), recorder);
  Result<void> outcome{};
  bool is_incomplete = false;
  bool is_answered_by_proxy = false;
  VisitStop stop;
  stop.step = VisitStep::opening;
  stop.timeout = params.timeout;
  if (page) {
    VisitRunner runner(environment, std::move(params), plan, **page, recorder);
    outcome = co_await runner.run(scope);
    is_incomplete = runner.is_incomplete();
    is_answered_by_proxy = runner.is_answered_by_proxy();
    stop.step = runner.step();
    stop.end_reason = (*page)->end_reason();
    // The page goes in a scope of its own: also a cancelled visit leaves no tab behind.
    auto closed = co_await environment.context.close_page(aio::Scope::background().within(5s), std::move(*page));
    if (!closed && outcome) recorder.add_fact("close", "the browser did not close the tab");
  } else {
    outcome = pass(page);
  }
  if (stop.end_reason.empty()) stop.end_reason = environment.context.browser().death_reason();
  if (outer.is_expired())
    stop.used_up_budget = "the scan's time for this state";
  else if (scope.is_expired())
    stop.used_up_budget = fmt::format("the time for one visit, {},", in_seconds(budget));
  const auto asked = net::Url::parse(recorder.main_asked_url().empty() ? plan.url : recorder.main_asked_url());
  stop.host = asked ? asked->host() : "the site";
  auto retry_after = is_answered_by_proxy ? std::string() : recorder.main_retry_after();
  const int status = is_answered_by_proxy ? 0 : recorder.main_status();
  const bool has_document = status != 0 && !recorder.visit().phases.empty();
  auto visit = recorder.finish();
  if (!outcome && !has_document) {
    visit.status = VisitStatus::failed;
    visit.reason = words_for_stop(stop, outcome.error());
  } else {
    const std::string end = !outcome        ? words_for_stop(stop, outcome.error())
                            : is_incomplete ? "the page never finished loading"
                                            : "";
    visit.reason = join_reasons(end, visit.reason);
    visit.status = visit.reason.empty() ? VisitStatus::ok : VisitStatus::partial;
  }
  visit.http_status = status;
  judge_status(visit, status);
  co_return VisitOutcome{std::move(visit), std::move(retry_after)};
}

}  // namespace gannet::scan
