// FakePage: a ConsentPage whose document is a few C++ values instead of a browser: banners with buttons, what a click does, what
// the platform's interface says, and a content script that speaks autoconsent's messages. It answers the very calls that the
// scripts do.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include "consent/consent_page.hpp"

namespace gannet::consent {

struct FakeButton {
  int handle = 0;
  std::string text;
  /// What a click does; none: nothing happens.
  std::function<void()> on_click;
  bool is_covered = false;
};

struct FakeBanner {
  int handle = 0;
  std::string frame_id = "main";
  std::string text = "We use cookies";
  std::vector<FakeButton> buttons;
  bool is_visible = true;
  /// Switch handle → on.
  std::map<int, bool> switches;
};

class FakePage final : public ConsentPage {
 public:
  explicit FakePage(aio::Executor executor) : executor_(executor), arrived_(executor) {}

  std::vector<Frame> frame_list{{.id = "main", .url = "https://shop.test/", .is_main = true}};
  /// A deque, so that a click handler may hold on to one while another is added.
  std::deque<FakeBanner> banners;
  /// What probe.js returns.
  boost::json::value probed = boost::json::object{};
  std::vector<std::string> writes;
  /// CSS → handle of the button it selects; "!" + CSS makes the browser refuse it.
  std::map<std::string, int> selectors;
  std::set<std::string> silent_frames;
  /// What autoconsent's content script says: at once, and when it gets a message of a type.
  std::vector<std::string> script_says_at_start;
  std::map<std::string, std::vector<std::string>> script_replies;
  std::function<void(const std::string& type)> on_script_message;
  /// The document that the content script runs in goes away before the next message is read.
  bool is_document_lost = false;

  /// What happened, in order: "find #x", "inject main", "optOut", "click Reject", "mark", "page eval …".
  std::vector<std::string> log;

  aio::Executor executor() override { return executor_; }
  std::vector<Frame> frames() override { return frame_list; }
  std::vector<std::string> writes_since_action() override { return writes; }
  void mark_action() override { log.emplace_back("mark"); }
  aio::Task<Result<void>> settle(aio::Scope scope, std::chrono::milliseconds) override { co_return scope.check(); }

  aio::Task<Result<boost::json::value>> evaluate(aio::Scope scope, std::string frame_id, World world,
                                                 std::string expression) override {
    if (silent_frames.contains(frame_id)) {
      auto never = co_await arrived_.wait(scope);
      while (never) never = co_await arrived_.wait(scope);
      co_return pass(never);
    }
    if (world == World::page) co_return evaluate_in_page(expression);
    if (const auto next = argument_of(expression, "gannetAutoconsent.next("); next) co_return co_await next_messages(scope);
    if (argument_of(expression, "gannetAutoconsent.matching(")) co_return boost::json::array{};
    if (const auto message = argument_of(expression, "gannetAutoconsent.send(")) co_return receive(*message);
    if (expression.find("autoconsentSendMessage") != std::string::npos && expression.ends_with("true"))
      co_return inject(frame_id);
    co_return call(frame_id, expression);
  }

 private:
  static std::optional<std::string> argument_of(const std::string& expression, std::string_view call) {
    const auto at = expression.rfind(call);
    if (at == std::string::npos || expression.size() - at > 5000) return std::nullopt;
    const auto from = at + call.size();
    return expression.substr(from, expression.rfind(')') - from);
  }

  Result<boost::json::value> evaluate_in_page(const std::string& expression) {
    if (expression.find("read_tcf") != std::string::npos) return probed;
    log.push_back("page eval " + expression);
    return boost::json::value(true);
  }

  aio::Task<Result<boost::json::value>> next_messages(aio::Scope scope) {
    // As the bridge does: at once if there is something, otherwise after a short time.
    if (messages_.empty() && !is_document_lost) {
      const auto woken = co_await arrived_.wait(scope.within(std::chrono::milliseconds(20)));
      if (!woken && scope.is_cancelled()) co_return fail(ErrorKind::cancelled, "the test is over");
    }
    if (std::exchange(is_document_lost, false)) {
      messages_.clear();
      co_return boost::json::value();
    }
    boost::json::array taken;
    for (const auto& message : std::exchange(messages_, {})) taken.push_back(boost::json::parse(message));
    co_return taken;
  }

  Result<boost::json::value> inject(const std::string& frame_id) {
    log.push_back("inject " + frame_id);
    messages_ = script_says_at_start;
    return boost::json::value(true);
  }

  Result<boost::json::value> receive(const std::string& message) {
    const std::string type(boost::json::parse(message).at("type").as_string());
    log.push_back(type);
    for (const auto& reply : script_replies[type]) messages_.push_back(reply);
    if (on_script_message) on_script_message(type);
    arrived_.notify_all();
    return boost::json::value();
  }

  Result<boost::json::value> call(const std::string& frame_id, const std::string& expression) {
    const auto dot = expression.rfind("\n.");
    const auto open = expression.find('(', dot);
    const auto function = expression.substr(dot + 2, open - dot - 2);
    const auto argument = expression.substr(open + 1, expression.size() - open - 2);
    if (function == "collect") return collect(frame_id);
    if (function == "find") return find(argument);
    if (function == "clicks") return boost::json::array{};
    if (function == "contains") return boost::json::value(is_inside(argument));
    const int handle = std::stoi(argument);
    if (function == "click") return click(handle);
    if (function == "see") return see(handle);
    if (function == "switches") return list_switches(handle);
    if (function == "flip") return flip(handle);
    return fail(ErrorKind::invalid, "page_script.js has no function {}", function);
  }

  boost::json::value collect(const std::string& frame_id) {
    boost::json::array candidates;
    for (const auto& banner : banners) {
      if (!banner.is_visible || banner.frame_id != frame_id) continue;
      boost::json::array buttons;
      for (const auto& button : banner.buttons)
        buttons.push_back(boost::json::object{{"handle", button.handle}, {"text", button.text}});
      candidates.push_back(boost::json::object{{"handle", banner.handle},
                                               {"reason", "layer"},
                                               {"platform", ""},
                                               {"text", banner.text},
                                               {"buttons", std::move(buttons)}});
    }
    return boost::json::object{{"frame", {{"shown", true}, {"painted", true}}}, {"candidates", std::move(candidates)}};
  }

  boost::json::value find(const std::string& argument) {
    const auto parsed = boost::json::parse(argument);
    const auto& step = parsed.at("chain").at(0);
    const auto css = std::string(step.at("css").as_string()) + std::string(step.at("text").as_string());
    log.push_back("find " + css);
    if (selectors.contains("!" + css)) return boost::json::object{{"error", "'" + css + "' is not a valid selector"}};
    const auto found = selectors.find(css);
    if (found == selectors.end()) return boost::json::object{{"handle", nullptr}};
    return boost::json::object{{"handle", found->second}, {"text", find_button(found->second)->text}};
  }

  FakeButton* find_button(int handle) {
    for (auto& banner : banners) {
      for (auto& button : banner.buttons) {
        if (button.handle == handle) return &button;
      }
    }
    return nullptr;
  }

  bool is_inside(const std::string& argument) {
    const auto comma = argument.find(',');
    const int outer = std::stoi(argument.substr(0, comma));
    const int inner = std::stoi(argument.substr(comma + 1));
    for (const auto& banner : banners) {
      for (const auto& button : banner.buttons) {
        if (banner.handle == outer && button.handle == inner) return true;
      }
    }
    return false;
  }

  boost::json::value click(int handle) {
    auto* button = find_button(handle);
    if (!button) return boost::json::object{{"clicked", false}, {"reason", "it is no longer in the page"}};
    if (button->is_covered) return boost::json::object{{"clicked", false}, {"reason", "something else covers it"}};
    log.push_back("click " + button->text);
    if (const auto on_click = button->on_click) on_click();
    return boost::json::object{{"clicked", true}};
  }

  boost::json::value see(int handle) {
    for (const auto& banner : banners) {
      if (banner.handle == handle) return boost::json::object{{"known", true}, {"visible", banner.is_visible}, {"painted", true}};
    }
    return boost::json::object{{"known", false}, {"visible", false}, {"painted", true}};
  }

  boost::json::value list_switches(int handle) {
    boost::json::array list;
    for (const auto& banner : banners) {
      if (banner.handle != handle) continue;
      for (const auto& [id, is_on] : banner.switches)
        list.push_back(boost::json::object{{"handle", id}, {"on", is_on}, {"locked", false}});
    }
    return list;
  }

  boost::json::value flip(int handle) {
    for (auto& banner : banners) {
      if (const auto found = banner.switches.find(handle); found != banner.switches.end()) found->second = !found->second;
    }
    return nullptr;
  }

  aio::Executor executor_;
  aio::Signal arrived_;
  std::vector<std::string> messages_;
};

}  // namespace gannet::consent
