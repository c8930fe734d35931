#include "consent/impl/page_view.hpp"

#include <algorithm>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "base/text.hpp"
#include "consent/impl/json.hpp"
#include "embedded/consent_page_script.hpp"
#include "embedded/consent_probe.hpp"

namespace gannet::consent {

namespace json = boost::json;

namespace {

constexpr std::size_t k_frames_max = 20;
constexpr int k_flips_max = 40;

}  // namespace

aio::Task<Result<json::value>> PageView::call(aio::Scope scope, std::string frame_id, std::string function,
                                              std::string arguments) {
  if (silent_frames_.contains(frame_id)) co_return json::value();
  auto expression = fmt::format("{}\n.{}({})", embedded::consent_page_script, function, arguments);
  auto value = co_await page_.evaluate(scope.within(answer_limit_), frame_id, World::isolated, std::move(expression));
  if (value) co_return std::move(*value);
  if (ends_work(scope)) co_return pass(value, "look for a consent banner");
  if (value.error().kind() == ErrorKind::timeout) silent_frames_.insert(frame_id);
  co_return json::value();
}

bool PageView::is_silent(const std::string& frame_id) {
  return silent_frames_.contains(frame_id) &&
         std::ranges::any_of(page_.frames(), [&](const ConsentPage::Frame& frame) { return frame.id == frame_id; });
}

aio::Task<Result<Survey>> PageView::survey(aio::Scope scope) {
  static const std::string arguments = json::serialize(collect_argument());
  Survey out;
  auto frames = page_.frames();
  if (frames.size() > k_frames_max) frames.resize(k_frames_max);
  for (const auto& frame : frames) {
    auto collected = co_await call(scope, frame.id, "collect", arguments);
    if (!collected) co_return pass(collected);
    if (frame.is_main) out.has_main_answered = collected->is_object();
    if (!frame.is_main && is_silent(frame.id)) ++out.silent_frames;
    if (!bool_member(member(*collected, "frame"), "shown")) continue;
    out.shown_frames.push_back(frame);
    auto banners = read_banners(frame.id, *collected);
    std::ranges::move(banners, std::back_inserter(out.banners));
  }
  co_return out;
}

aio::Task<Result<PageView::Sight>> PageView::see(aio::Scope scope, Element element) {
  auto seen = co_await call(scope, element.frame_id, "see", std::to_string(element.handle));
  if (!seen) co_return pass(seen);
  if (is_silent(element.frame_id)) co_return Sight{.is_known = true, .is_visible = true, .is_painted = true};
  co_return Sight{.is_known = bool_member(*seen, "known"),
                  .is_visible = bool_member(*seen, "visible"),
                  .is_painted = bool_member(*seen, "painted")};
}

aio::Task<Result<PageView::Press>> PageView::press(aio::Scope scope, Element button) {
  auto pressed = co_await call(scope, button.frame_id, "click", std::to_string(button.handle));
  if (!pressed) co_return pass(pressed);
  // No answer: the click may have taken the document away before it could be given.
  if (!pressed->is_object()) co_return Press{.is_done = true, .reason = ""};
  co_return Press{.is_done = bool_member(*pressed, "clicked"), .reason = text_member(*pressed, "reason", 100)};
}

aio::Task<Result<json::value>> PageView::find_in_frame(aio::Scope scope, std::string frame_id, SelectorChain chain,
                                                       std::size_t first) {
  auto found = co_await call(scope, std::move(frame_id), "find", json::serialize(to_json(chain, first)));
  if (!found) co_return pass(found);
  const auto error = text_member(*found, "error", 300);
  if (!error.empty()) co_return fail(ErrorKind::invalid, "{}", printable(error, 300));
  co_return std::move(*found);
}

aio::Task<Result<std::optional<PageView::Found>>> PageView::find(aio::Scope scope, std::vector<SelectorChain> alternatives) {
  for (const auto& chain : alternatives) {
    std::vector<std::size_t> starts{0};
    // A step that is an <iframe> sends the rest of the chain into the child frames.
    for (std::size_t i = 0; i < starts.size() && i < chain.size(); ++i) {
      for (const auto& frame : page_.frames()) {
        if (starts[i] > 0 && frame.is_main) continue;
        auto found = co_await find_in_frame(scope, frame.id, chain, starts[i]);
        if (!found) co_return pass(found);
        if (const auto handle = int_member(*found, "handle")) {
          co_return Found{.element = {.frame_id = frame.id, .handle = *handle}, .text = text_member(*found, "text", 400)};
        }
        const auto rest = int_member(*found, "continues_in_frames");
        if (!rest || *rest <= 0) continue;
        const auto start = starts[i] + static_cast<std::size_t>(*rest);
        if (start < chain.size() && std::ranges::find(starts, start) == starts.end()) starts.push_back(start);
      }
    }
  }
  co_return std::nullopt;
}

aio::Task<Result<bool>> PageView::contains(aio::Scope scope, Element outer, Element inner) {
  if (outer.frame_id != inner.frame_id) co_return false;
  auto answer = co_await call(scope, outer.frame_id, "contains", fmt::format("{},{}", outer.handle, inner.handle));
  if (!answer) co_return pass(answer);
  co_return answer->is_bool() && answer->get_bool();
}

aio::Task<Result<int>> PageView::switch_all_off(aio::Scope scope, Element banner) {
  std::set<int> flipped;
  while (int(flipped.size()) < k_flips_max) {
    // Read anew each time: one switch may move others.
    auto switches = co_await call(scope, banner.frame_id, "switches", std::to_string(banner.handle));
    if (!switches) co_return pass(switches);
    std::optional<int> next;
    for (const auto& entry : elements(*switches)) {
      const auto handle = int_member(entry, "handle");
      const bool is_movable = bool_member(entry, "on") && !bool_member(entry, "locked");
      if (handle && is_movable && !next && !flipped.contains(*handle)) next = handle;
    }
    if (!next) break;
    flipped.insert(*next);
    auto done = co_await call(scope, banner.frame_id, "flip", std::to_string(*next));
    if (!done) co_return pass(done);
  }
  co_return int(flipped.size());
}

aio::Task<Result<PageView::Clicks>> PageView::clicks(aio::Scope scope, std::string frame_id) {
  auto list = co_await call(scope, std::move(frame_id), "clicks", "");
  if (!list) co_return pass(list);
  Clicks clicks;
  for (const auto& entry : elements(*list)) {
    ++clicks.count;
    if (auto text = text_member(entry, "text", 400); !text.empty()) clicks.last_text = std::move(text);
  }
  co_return clicks;
}

aio::Task<Result<Observation>> PageView::observe(aio::Scope scope) {
  const auto frames = page_.frames();
  const auto main = std::ranges::find_if(frames, &ConsentPage::Frame::is_main);
  if (main == frames.end()) co_return Observation{};
  auto probed = co_await page_.evaluate(scope.within(answer_limit_), main->id, World::page, std::string(embedded::consent_probe));
  if (probed) co_return read_observation(*probed);
  if (ends_work(scope)) co_return pass(probed, "ask the consent platform");
  co_return Observation{};
}

}  // namespace gannet::consent
