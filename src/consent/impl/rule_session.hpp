// RuleSession: autoconsent at work in the frames of one loaded document tree. Each frame has a task that carries messages between
// the content script (isolated world) and this object, and answers its `eval` from the page's world. Belongs to the page's
// thread.
//
//   start → wait_popup → (act → self_test?)? → stop
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "aio/aio.hpp"
#include "consent/autoconsent.hpp"
#include "consent/consent_page.hpp"

namespace gannet::consent {

class RuleSession {
 public:
  RuleSession(ConsentPage& page, std::shared_ptr<const Autoconsent> rules);
  /// stop() must have been awaited, if start() was called.
  ~RuleSession() = default;

  enum class BannerInSight { no, yes };
  /// Puts the content script into each frame and lets it detect, twice where no banner is in sight yet. Returns at once.
  void start(const std::vector<ConsentPage::Frame>& frames, BannerInSight banner);
  /// The name of the rule whose popup is open; nullopt when no frame has one or `limit` passed. Errors: the outer scope's.
  aio::Task<Result<std::optional<std::string>>> wait_popup(aio::Scope scope, std::chrono::milliseconds limit);

  struct Action {
    /// The rule ran to its end and says it succeeded.
    bool has_succeeded = false;
    /// The frame's document went away meanwhile (the page reloads itself after a choice).
    bool is_document_lost = false;
    bool has_self_test = false;
    int clicks = 0;
  };
  /// Runs the rule's steps in the frame of the popup. Errors: the scope's; passing `limit` is a failed action.
  aio::Task<Result<Action>> act(aio::Scope scope, Choice choice, std::chrono::milliseconds limit);
  /// nullopt when there is no answer within `limit`.
  aio::Task<Result<std::optional<bool>>> self_test(aio::Scope scope, std::chrono::milliseconds limit);
  const std::string& popup_frame() const { return popup_frame_; }

  aio::Task<void> stop() { return tasks_.stop(); }

 private:
  struct FrameState {
    std::string id;
    bool is_main = false;
    /// Found nothing, or its document is lost.
    bool is_finished = false;
    bool is_lost = false;
    std::string popup;
    std::optional<bool> action_result;
    bool has_self_test = false;
    std::optional<bool> self_test;
    int clicks = 0;
  };

  aio::Task<void> serve(aio::Scope scope, FrameState* frame);
  aio::Task<Result<void>> inject(aio::Scope scope, FrameState* frame);
  aio::Task<Result<void>> handle(aio::Scope scope, FrameState* frame, const boost::json::value& message);
  aio::Task<Result<void>> initialise(aio::Scope scope, FrameState* frame);
  aio::Task<Result<void>> answer_eval(aio::Scope scope, FrameState* frame, std::string id, std::string code);
  aio::Task<Result<void>> send(aio::Scope scope, std::string frame_id, std::string message_json);
  FrameState* frame_with_popup();

  ConsentPage& page_;
  std::shared_ptr<const Autoconsent> rules_;
  /// Addresses stay: tasks hold them.
  std::deque<FrameState> frames_;
  std::string popup_frame_;
  bool has_banner_in_sight_ = false;
  aio::Signal changed_;
  aio::TaskGroup tasks_;
};

}  // namespace gannet::consent
