#include "consent/impl/rule_session.hpp"

#include <algorithm>

#include <boost/json/serialize.hpp>

#include "consent/impl/json.hpp"
#include "consent/impl/page_view.hpp"
#include "embedded/consent_autoconsent_bridge.hpp"

namespace gannet::consent {

namespace json = boost::json;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t k_frames_max = 12;
/// How long the content script waits for an answer to `eval` (lib/eval-handler.ts of autoconsent).
constexpr auto k_eval_limit = 1000ms;
constexpr auto k_message_wait = 1000ms;
constexpr auto k_inject_limit = 5000ms;

std::string quote(std::string_view text) { return json::serialize(json::value(json::string_view(text.data(), text.size()))); }

}  // namespace

RuleSession::RuleSession(ConsentPage& page, std::shared_ptr<const Autoconsent> rules)
    : page_(page), rules_(std::move(rules)), changed_(page.executor()), tasks_(page.executor()) {}

void RuleSession::start(const std::vector<ConsentPage::Frame>& frames, BannerInSight banner) {
  has_banner_in_sight_ = banner == BannerInSight::yes;
  for (const auto& frame : frames) {
    if (frames_.size() >= k_frames_max) break;
    frames_.push_back({.id = frame.id, .is_main = frame.is_main, .popup = {}, .action_result = {}, .self_test = {}});
    tasks_.spawn(serve(tasks_.scope(), &frames_.back()), "autoconsent in frame");
  }
}

aio::Task<void> RuleSession::serve(aio::Scope scope, FrameState* frame) {
  auto injected = co_await inject(scope, frame);
  while (injected && !scope.is_cancelled()) {
    const auto expression =
        fmt::format("globalThis.gannetAutoconsent ? gannetAutoconsent.next({}) : null", k_message_wait.count());
    auto messages = co_await page_.evaluate(scope.within(k_message_wait + 5s), frame->id, World::isolated, expression);
    // Null, or an error: another document is there now, or none.
    if (!messages || !messages->is_array()) break;
    for (const auto& message : messages->get_array()) {
      injected = co_await handle(scope, frame, message);
      if (!injected) break;
    }
    changed_.notify_all();
  }
  frame->is_lost = true;
  frame->is_finished = true;
  changed_.notify_all();
}

aio::Task<Result<void>> RuleSession::inject(aio::Scope scope, FrameState* frame) {
  auto expression = fmt::format("{};\n{};\ntrue", embedded::consent_autoconsent_bridge, rules_->content_script());
  auto done = co_await page_.evaluate(scope.within(k_inject_limit), frame->id, World::isolated, std::move(expression));
  if (!done) co_return pass(done, "inject autoconsent");
  co_return Result<void>{};
}

aio::Task<Result<void>> RuleSession::handle(aio::Scope scope, FrameState* frame, const json::value& message) {
  const auto type = text_member(message, "type", 40);
  if (type == "init") co_return co_await initialise(scope, frame);
  if (type == "eval")
    co_return co_await answer_eval(scope, frame, text_member(message, "id", 100), text_member(message, "code", 100000));
  if (type == "popupFound") {
    frame->popup = text_member(message, "cmp", 100);
  } else if (type == "optOutResult" || type == "optInResult") {
    frame->has_self_test = bool_member(message, "scheduleSelfTest");
    frame->action_result = bool_member(message, "result");
  } else if (type == "selfTestResult") {
    frame->self_test = bool_member(message, "result");
  } else if (type == "autoconsentDone") {
    frame->clicks = std::max(frame->clicks, int_member(message, "totalClicks").value_or(0));
  } else if (type == "report") {
    frame->clicks = std::max(frame->clicks, int_member(message, "clicks").value_or(0));
    if (text_member(message, "lifecycle", 40) == "nothingDetected") frame->is_finished = true;
  }
  co_return Result<void>{};
}

aio::Task<Result<void>> RuleSession::initialise(aio::Scope scope, FrameState* frame) {
  auto expression = fmt::format("gannetAutoconsent.matching({})", rules_->patterns_json());
  auto matching = co_await page_.evaluate(scope.within(k_inject_limit), frame->id, World::isolated, std::move(expression));
  if (!matching) co_return pass(matching, "match autoconsent's URL patterns");
  std::vector<std::size_t> indices;
  for (const auto& index : elements(*matching)) {
    if (const auto number = as_int(index)) indices.push_back(static_cast<std::size_t>(*number));
  }
  co_return co_await send(scope, frame->id, rules_->init_response({frame->is_main, has_banner_in_sight_, std::move(indices)}));
}

aio::Task<Result<void>> RuleSession::answer_eval(aio::Scope scope, FrameState* frame, std::string id, std::string code) {
  auto expression = fmt::format("(async () => !!(await ({})))()", code);
  auto value = co_await page_.evaluate(scope.within(k_eval_limit), frame->id, World::page, std::move(expression));
  const bool result = value && value->is_bool() && value->get_bool();
  co_return co_await send(scope, frame->id, fmt::format(R"({{"type":"evalResp","id":{},"result":{}}})", quote(id), result));
}

aio::Task<Result<void>> RuleSession::send(aio::Scope scope, std::string frame_id, std::string message_json) {
  auto expression = fmt::format("gannetAutoconsent.send({})", message_json);
  auto sent = co_await page_.evaluate(scope.within(k_inject_limit), std::move(frame_id), World::isolated, std::move(expression));
  if (!sent) co_return pass(sent, "send to autoconsent");
  co_return Result<void>{};
}

RuleSession::FrameState* RuleSession::frame_with_popup() {
  const auto found =
      std::ranges::find_if(frames_, [](const FrameState& frame) { return !frame.popup.empty() && !frame.is_lost; });
  return found == frames_.end() ? nullptr : &*found;
}

aio::Task<Result<std::optional<std::string>>> RuleSession::wait_popup(aio::Scope scope, std::chrono::milliseconds limit) {
  const auto limited = scope.within(limit);
  while (true) {
    if (const auto* frame = frame_with_popup()) {
      popup_frame_ = frame->id;
      co_return frame->popup;
    }
    if (std::ranges::all_of(frames_, &FrameState::is_finished)) co_return std::nullopt;
    auto woken = co_await changed_.wait(limited);
    if (woken) continue;
    if (ends_work(scope)) co_return pass(woken, "detect a consent popup");
    co_return std::nullopt;
  }
}

aio::Task<Result<RuleSession::Action>> RuleSession::act(aio::Scope scope, Choice choice, std::chrono::milliseconds limit) {
  auto* frame = frame_with_popup();
  if (!frame) co_return Action{.has_succeeded = false, .is_document_lost = true};
  frame->action_result.reset();
  auto sent = co_await send(scope, frame->id, choice == Choice::accept ? R"({"type":"optIn"})" : R"({"type":"optOut"})");
  if (!sent && ends_work(scope)) co_return pass(sent);
  const auto limited = scope.within(limit);
  while (sent && !frame->action_result && !frame->is_lost) {
    auto woken = co_await changed_.wait(limited);
    if (woken) continue;
    if (ends_work(scope)) co_return pass(woken, "let autoconsent act");
    break;
  }
  co_return Action{.has_succeeded = frame->action_result.value_or(false),
                   .is_document_lost = frame->is_lost || !sent,
                   .has_self_test = frame->has_self_test,
                   .clicks = frame->clicks};
}

aio::Task<Result<std::optional<bool>>> RuleSession::self_test(aio::Scope scope, std::chrono::milliseconds limit) {
  auto* frame = frame_with_popup();
  if (!frame) co_return std::nullopt;
  frame->self_test.reset();
  const auto limited = scope.within(limit);
  auto sent = co_await send(limited, frame->id, R"({"type":"selfTest"})");
  while (sent && !frame->self_test && !frame->is_lost) {
    auto woken = co_await changed_.wait(limited);
    if (!woken) break;
  }
  if (auto ended = scope.check(); !ended) co_return pass(ended, "run autoconsent's self-test");
  co_return frame->self_test;
}

}  // namespace gannet::consent
