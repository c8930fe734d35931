#include "consent/impl/driver.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "consent/autoconsent.hpp"
#include "consent/impl/rule_session.hpp"

namespace gannet::consent {

using namespace std::chrono_literals;

namespace {

/// The first and two more after reloads; more is a loop (autoconsent's most frequent fault).
constexpr int k_injections_max = 3;
constexpr auto k_settle_limit = 1000ms;
constexpr auto k_self_test_limit = 2000ms;

std::optional<Banner> choose_refusing(std::vector<Banner> banners) {
  std::erase_if(banners,
                [](const Banner& banner) { return !find_button(banner, Label::reject) && !find_button(banner, Label::save); });
  return choose_banner(banners);
}

std::chrono::milliseconds since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
}

}  // namespace

aio::Task<Result<record::ConsentOutcome>> Driver::run(aio::Scope scope) {
  if (auto seen = co_await see_first(scope); !seen) co_return pass(seen);
  const auto start = std::chrono::steady_clock::now();
  auto settled = co_await by_selector(scope);
  if (settled && !*settled) settled = co_await by_rules(scope);
  if (settled && !*settled) settled = co_await wait_late_banner(scope, start);
  if (settled && !*settled) settled = co_await by_labels(scope);
  if (!settled) co_return pass(settled, options_.choice == Choice::accept ? "accept consent" : "reject consent");
  if (outcome_.result == record::ConsentResult::not_attempted) {
    // A button that is there but cannot be pressed is no missing button.
    outcome_.result = could_not_press_   ? record::ConsentResult::unproved
                      : has_seen_banner_ ? record::ConsentResult::no_control
                                         : record::ConsentResult::no_banner;
  }
  note(verdict_note_);
  co_return std::move(outcome_);
}

/// Some banners come seconds after the page is at rest. False, so that the labelled buttons are next.
aio::Task<Result<bool>> Driver::wait_late_banner(aio::Scope scope, std::chrono::steady_clock::time_point start) {
  while (!has_seen_banner_ && since(start) < options_.detect_limit) {
    auto survey = co_await view_.survey(scope);
    if (!survey) co_return pass(survey);
    if (choose_banner(survey->banners)) break;
    if (auto slept = co_await aio::sleep(page_.executor(), scope, options_.pause); !slept) co_return pass(slept);
  }
  co_return false;
}

aio::Task<Result<void>> Driver::see_first(aio::Scope scope) {
  auto survey = co_await view_.survey(scope);
  if (!survey) co_return pass(survey);
  if (!survey->has_main_answered) co_return fail(ErrorKind::unavailable, "the page's main frame does not answer");
  if (survey->silent_frames > 0) note(fmt::format("{} child frame(s) did not answer.", survey->silent_frames));
  first_banners_ = std::move(survey->banners);
  shown_frames_ = std::move(survey->shown_frames);
  if (const auto banner = choose_banner(first_banners_)) take(*banner);
  auto observed = co_await view_.observe(scope);
  if (!observed) co_return pass(observed);
  before_ = std::move(*observed);
  co_return Result<void>{};
}

void Driver::take(const Banner& banner) {
  has_seen_banner_ = true;
  target_ = Element{.frame_id = banner.frame_id, .handle = banner.handle};
  if (outcome_.platform.empty()) outcome_.platform = banner.platform;
  // Buttons of the second layer do not belong here.
  if (outcome_.first_layer_buttons.empty() && !has_acted_) outcome_.first_layer_buttons = button_texts(banner);
}

void Driver::note(std::string_view sentence) {
  if (sentence.empty() || outcome_.note.find(sentence) != std::string::npos) return;
  if (!outcome_.note.empty()) outcome_.note += ' ';
  outcome_.note += sentence;
}

void Driver::begin_action(std::string_view method) {
  outcome_.method = method;
  if (std::exchange(has_acted_, true)) return;
  page_.mark_action();
}

aio::Task<Result<void>> Driver::settle(aio::Scope scope, std::chrono::milliseconds limit) {
  auto settled = co_await page_.settle(scope, limit);
  if (!settled && ends_work(scope)) co_return pass(settled, "wait for the page after the choice");
  co_return Result<void>{};
}

aio::Task<Result<bool>> Driver::by_selector(aio::Scope scope) {
  const auto& selector = options_.choice == Choice::accept ? options_.selectors.accept : options_.selectors.reject;
  if (selector.empty()) co_return false;
  auto chains = parse_site_selector(selector);
  if (!chains) co_return pass(chains);
  auto found = co_await view_.find(scope, std::move(*chains));
  if (!found) co_return pass(found, fmt::format("site selector '{}'", printable(selector, 200)));
  if (!*found) {
    note(fmt::format("The site's selector '{}' matched nothing visible.", printable(selector, 200)));
    co_return false;
  }
  const auto button = (*found)->element;
  std::optional<Banner> around;
  for (const auto& banner : first_banners_) {
    if (around && banner.score <= around->score) continue;
    auto is_inside = co_await view_.contains(scope, {.frame_id = banner.frame_id, .handle = banner.handle}, button);
    if (!is_inside) co_return pass(is_inside);
    if (*is_inside) around = banner;
  }
  has_seen_banner_ = true;
  target_ = around ? Element{.frame_id = around->frame_id, .handle = around->handle} : button;
  if (outcome_.platform.empty()) outcome_.platform = "site selector";
  begin_action("selector");
  auto pressed = co_await view_.press(scope, button);
  if (!pressed) co_return pass(pressed);
  outcome_.button_text = (*found)->text;
  if (!pressed->is_done) {
    could_not_press_ = true;
    note(fmt::format("The element of the site's selector was not clicked: {}.", pressed->reason));
    co_return false;
  }
  ++outcome_.clicks;
  if (auto proved = co_await prove(scope, nullptr); !proved) co_return pass(proved);
  co_return true;
}

aio::Task<Result<bool>> Driver::by_rules(aio::Scope scope) {
  if (!options_.autoconsent) co_return false;
  for (int injection = 1; injection <= k_injections_max; ++injection) {
    RuleSession session(page_, options_.autoconsent);
    // After a reload of the page's own the banner may be on its way again.
    const bool is_in_sight = has_seen_banner_ && injection == 1;
    session.start(shown_frames_, is_in_sight ? RuleSession::BannerInSight::yes : RuleSession::BannerInSight::no);
    auto end = co_await run_rule(scope, session);
    co_await session.stop();
    if (!end) co_return pass(end, "autoconsent");
    switch (*end) {
      case RuleEnd::settled: co_return true;
      case RuleEnd::cannot:
      case RuleEnd::banner_stays: co_return false;
      case RuleEnd::nothing_found: {
        if (injection == 1) co_return false;
        // It acted, the page reloaded itself, and the popup did not come back.
        if (auto proved = co_await prove(scope, nullptr); !proved) co_return pass(proved);
        co_return true;
      }
      case RuleEnd::document_lost: break;
    }
    if (auto settled = co_await settle(scope, options_.proof_limit); !settled) co_return pass(settled);
    auto survey = co_await view_.survey(scope);
    if (!survey) co_return pass(survey);
    shown_frames_ = std::move(survey->shown_frames);
  }
  note("The page reloaded itself after each attempt and asked again: stopped after two repetitions.");
  if (auto proved = co_await prove(scope, nullptr); !proved) co_return pass(proved);
  co_return true;
}

aio::Task<Result<Driver::RuleEnd>> Driver::run_rule(aio::Scope scope, RuleSession& session) {
  auto popup = co_await session.wait_popup(scope, options_.detect_limit);
  if (!popup) co_return pass(popup);
  if (!*popup) co_return RuleEnd::nothing_found;
  const auto& rule = **popup;
  has_seen_banner_ = true;
  if (outcome_.platform.empty()) outcome_.platform = rule;
  if (!options_.autoconsent->has_steps(rule, options_.choice)) {
    note(fmt::format("Autoconsent's rule '{}' has no steps for this choice.", printable(rule, 100)));
    co_return RuleEnd::cannot;
  }
  auto before = co_await view_.clicks(scope, session.popup_frame());
  if (!before) co_return pass(before);
  begin_action("autoconsent");
  auto action = co_await session.act(scope, options_.choice, options_.act_limit);
  if (!action) co_return pass(action);
  note(fmt::format("By autoconsent's rule '{}'.", printable(rule, 100)));
  if (action->is_document_lost) {
    // The click took the document away, and the count of it.
    outcome_.clicks = std::max({outcome_.clicks, action->clicks, 1});
    co_return RuleEnd::document_lost;
  }
  auto after = co_await view_.clicks(scope, session.popup_frame());
  if (!after) co_return pass(after);
  outcome_.clicks += std::max(0, after->count - before->count);
  if (after->count > before->count) outcome_.button_text = after->last_text;
  if (!action->has_succeeded) note("The rule did not get to its end.");
  if (action->has_succeeded && outcome_.clicks == 0)
    note("The choice was made through the platform's interface, not by a button.");

  if (auto proved = co_await prove(scope, action->has_self_test ? &session : nullptr); !proved) co_return pass(proved);
  const bool is_gone = std::ranges::find(outcome_.proofs, "banner gone") != outcome_.proofs.end();
  co_return is_gone ? RuleEnd::settled : RuleEnd::banner_stays;
}

aio::Task<Result<bool>> Driver::by_labels(aio::Scope scope) {
  auto survey = co_await view_.survey(scope);
  if (!survey) co_return pass(survey);
  auto banner = choose_banner(survey->banners);
  if (has_acted_ && options_.choice == Choice::reject) {
    // A rule that stopped half way may have opened the second layer.
    if (auto layer = choose_refusing(survey->banners)) banner = std::move(layer);
  }
  if (!banner) co_return outcome_.result != record::ConsentResult::not_attempted;
  take(*banner);
  if (outcome_.platform.empty()) outcome_.platform = "heuristic";
  if (options_.choice == Choice::reject) co_return co_await refuse_by_labels(scope, *banner);

  const auto* button = find_button(*banner, Label::accept);
  if (!button) {
    button = find_button(*banner, Label::acknowledge);
    if (button) note("The banner has no button to accept; its acknowledgement was pressed.");
  }
  if (!button) co_return false;
  auto pressed = co_await press(scope, *banner, *button);
  if (!pressed) co_return pass(pressed);
  if (!*pressed) co_return false;
  if (auto proved = co_await prove(scope, nullptr); !proved) co_return pass(proved);
  co_return true;
}

aio::Task<Result<bool>> Driver::refuse_by_labels(aio::Scope scope, Banner banner) {
  if (const auto* button = find_button(banner, Label::reject)) {
    auto pressed = co_await press(scope, banner, *button);
    if (!pressed) co_return pass(pressed);
    if (!*pressed) co_return false;
    if (auto proved = co_await prove(scope, nullptr); !proved) co_return pass(proved);
    co_return true;
  }
  if (find_button(banner, Label::save)) co_return co_await switch_off_and_save(scope, std::move(banner));
  if (find_button(banner, Label::settings)) co_return co_await refuse_on_second_layer(scope, std::move(banner));
  note("The banner offers no refusal.");
  co_return false;
}

aio::Task<Result<bool>> Driver::refuse_on_second_layer(aio::Scope scope, Banner first) {
  const Button settings = *find_button(first, Label::settings);
  auto opened = co_await press(scope, first, settings);
  if (!opened) co_return pass(opened);
  if (!*opened) co_return false;
  auto layer = co_await wait_second_layer(scope);
  if (!layer) co_return pass(layer);
  if (!*layer) {
    note("Behind its settings the banner offers no refusal either.");
    co_return false;
  }
  take(**layer);
  const auto* button = find_button(**layer, Label::reject);
  if (!button) co_return co_await switch_off_and_save(scope, **layer);
  auto pressed = co_await press(scope, **layer, *button);
  if (!pressed) co_return pass(pressed);
  if (!*pressed) co_return false;
  if (auto proved = co_await prove(scope, nullptr); !proved) co_return pass(proved);
  co_return true;
}

aio::Task<Result<std::optional<Banner>>> Driver::wait_second_layer(aio::Scope scope) {
  const auto start = std::chrono::steady_clock::now();
  while (true) {
    if (auto settled = co_await settle(scope, std::min(k_settle_limit, options_.proof_limit)); !settled) co_return pass(settled);
    auto survey = co_await view_.survey(scope);
    if (!survey) co_return pass(survey);
    if (auto layer = choose_refusing(std::move(survey->banners))) co_return layer;
    if (since(start) >= options_.proof_limit) co_return std::nullopt;
    if (auto slept = co_await aio::sleep(page_.executor(), scope, options_.pause); !slept) co_return pass(slept);
  }
}

aio::Task<Result<bool>> Driver::switch_off_and_save(aio::Scope scope, Banner layer) {
  const Button save = *find_button(layer, Label::save);
  begin_action("heuristic");
  auto flips = co_await view_.switch_all_off(scope, {.frame_id = layer.frame_id, .handle = layer.handle});
  if (!flips) co_return pass(flips);
  outcome_.clicks += *flips;
  note(fmt::format("Refused by saving with all switches off ({} had to be turned off).", *flips));
  auto pressed = co_await press(scope, layer, save);
  if (!pressed) co_return pass(pressed);
  if (!*pressed) co_return false;
  if (auto proved = co_await prove(scope, nullptr); !proved) co_return pass(proved);
  co_return true;
}

aio::Task<Result<bool>> Driver::press(aio::Scope scope, Banner banner, Button button) {
  const Element around{.frame_id = banner.frame_id, .handle = banner.handle};
  auto sight = co_await view_.see(scope, around);
  if (!sight) co_return pass(sight);
  target_ = around;
  was_target_painted_ = sight->is_painted;
  begin_action("heuristic");
  auto pressed = co_await view_.press(scope, {.frame_id = banner.frame_id, .handle = button.handle});
  if (!pressed) co_return pass(pressed);
  outcome_.button_text = button.text;
  if (pressed->is_done) {
    ++outcome_.clicks;
    co_return true;
  }
  could_not_press_ = true;
  note(fmt::format("'{}' was not clicked: {}.", button.text, pressed->reason));
  co_return false;
}

aio::Task<Result<bool>> Driver::is_banner_gone(aio::Scope scope) {
  if (target_) {
    auto sight = co_await view_.see(scope, *target_);
    if (!sight) co_return pass(sight);
    const bool has_faded = was_target_painted_ && !sight->is_painted;
    if (sight->is_known && sight->is_visible && !has_faded) co_return false;
    if (sight->is_known && has_faded) co_return true;
  }
  auto survey = co_await view_.survey(scope);
  if (!survey) co_return pass(survey);
  if (!survey->has_main_answered) co_return false;
  // A further layer, or the same banner in a new document. What stood elsewhere before and asks nothing new does not count.
  const auto is_old = [this](const Banner& banner) {
    return std::ranges::any_of(first_banners_,
                               [&](const Banner& old) { return old.frame_id == banner.frame_id && old.handle == banner.handle; });
  };
  co_return std::ranges::all_of(survey->banners, is_old);
}

aio::Task<Result<void>> Driver::prove(aio::Scope scope, RuleSession* session) {
  const auto start = std::chrono::steady_clock::now();
  Evidence evidence;
  evidence.platform = outcome_.platform;
  evidence.before = before_;
  Verdict verdict;
  while (true) {
    if (auto settled = co_await settle(scope, std::min(k_settle_limit, options_.proof_limit)); !settled) co_return pass(settled);
    auto is_gone = co_await is_banner_gone(scope);
    if (!is_gone) co_return pass(is_gone);
    auto observed = co_await view_.observe(scope);
    if (!observed) co_return pass(observed);
    evidence.is_banner_gone = *is_gone;
    evidence.after = std::move(*observed);
    evidence.writes = page_.writes_since_action();
    if (session && *is_gone) {
      auto tested = co_await session->self_test(scope, k_self_test_limit);
      if (!tested) co_return pass(tested);
      evidence.self_test = *tested;
    }
    verdict = judge(options_.choice, evidence);
    if (verdict.is_proved || since(start) >= options_.proof_limit) break;
    if (auto slept = co_await aio::sleep(page_.executor(), scope, options_.pause); !slept) co_return pass(slept);
  }
  outcome_.proofs = std::move(verdict.proofs);
  outcome_.result = verdict.is_proved ? record::ConsentResult::proved : record::ConsentResult::unproved;
  verdict_note_ = !evidence.is_banner_gone ? "The banner is still there after the click."
                  : !verdict.disproofs.empty()
                      ? fmt::format("The page contradicts the choice: {}.", join(verdict.disproofs, "; "))
                  : !verdict.is_proved ? "The banner is gone, but nothing else shows that the choice was stored."
                                       : "";
  co_return Result<void>{};
}

}  // namespace gannet::consent
