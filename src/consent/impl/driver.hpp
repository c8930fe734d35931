// Driver: one choice on one page. Tries the methods in order until one has acted, then holds the outcome against the proofs.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "aio/aio.hpp"
#include "consent/consent.hpp"
#include "consent/impl/page_view.hpp"

namespace gannet::consent {

class RuleSession;

class Driver {
 public:
  Driver(ConsentPage& page, Options options) : page_(page), options_(std::move(options)), view_(page, options_.answer_limit) {}
  /// Call once.
  aio::Task<Result<record::ConsentOutcome>> run(aio::Scope scope);

 private:
  /// Whether the method has settled the outcome, so that no other is tried.
  aio::Task<Result<bool>> by_selector(aio::Scope scope);
  aio::Task<Result<bool>> by_rules(aio::Scope scope);
  aio::Task<Result<bool>> wait_late_banner(aio::Scope scope, std::chrono::steady_clock::time_point start);
  aio::Task<Result<bool>> by_labels(aio::Scope scope);

  enum class RuleEnd { nothing_found, cannot, document_lost, banner_stays, settled };
  aio::Task<Result<RuleEnd>> run_rule(aio::Scope scope, RuleSession& session);
  aio::Task<Result<bool>> refuse_by_labels(aio::Scope scope, Banner banner);
  aio::Task<Result<bool>> refuse_on_second_layer(aio::Scope scope, Banner first);
  aio::Task<Result<bool>> switch_off_and_save(aio::Scope scope, Banner layer);
  /// The best banner with a refusal or a save button that shows within the proof limit.
  aio::Task<Result<std::optional<Banner>>> wait_second_layer(aio::Scope scope);

  aio::Task<Result<void>> see_first(aio::Scope scope);
  /// True when it was clicked; otherwise the note says why not.
  aio::Task<Result<bool>> press(aio::Scope scope, Banner banner, Button button);
  void begin_action(std::string_view method);
  aio::Task<Result<void>> prove(aio::Scope scope, RuleSession* session);
  aio::Task<Result<bool>> is_banner_gone(aio::Scope scope);
  aio::Task<Result<void>> settle(aio::Scope scope, std::chrono::milliseconds limit);
  void take(const Banner& banner);
  void note(std::string_view sentence);

  ConsentPage& page_;
  Options options_;
  PageView view_;
  record::ConsentOutcome outcome_;
  std::vector<Banner> first_banners_;
  std::vector<ConsentPage::Frame> shown_frames_;
  Observation before_;
  /// What must go away.
  std::optional<Element> target_;
  bool was_target_painted_ = true;
  bool has_seen_banner_ = false;
  bool has_acted_ = false;
  bool could_not_press_ = false;
  /// What the last proof left to say; only the last counts.
  std::string verdict_note_;
};

}  // namespace gannet::consent
