// PageView: what the driver sees and does in a page through its scripts, over all frames. A frame that is gone counts as empty;
// one that is too busy to answer is told apart from it, so that silence never passes for "nothing there".
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/value.hpp>

#include "aio/aio.hpp"
#include "consent/consent_page.hpp"
#include "consent/impl/banner.hpp"
#include "consent/impl/proof.hpp"
#include "consent/impl/site_selector.hpp"

namespace gannet::consent {

/// Whether the whole work is over (deadline, cancellation), and not just one frame's part of it.
inline bool ends_work(const aio::Scope& scope) { return scope.is_cancelled() || scope.is_expired(); }

/// An element of a frame's current document.
struct Element {
  std::string frame_id;
  int handle = 0;
  auto operator<=>(const Element&) const = default;
};

struct Survey {
  std::vector<Banner> banners;
  /// Those on screen, the main one first.
  std::vector<ConsentPage::Frame> shown_frames;
  bool has_main_answered = false;
  /// Child frames still attached that did not answer.
  int silent_frames = 0;
};

class PageView {
 public:
  PageView(ConsentPage& page, std::chrono::milliseconds answer_limit) : page_(page), answer_limit_(answer_limit) {}

  aio::Task<Result<Survey>> survey(aio::Scope scope);

  struct Sight {
    /// False: its document was replaced or its frame removed. An element in a silent frame counts as known and visible.
    bool is_known = false;
    bool is_visible = false;
    /// A child frame may be on screen and yet transparent or covered (Intersection Observer, version 2). True for main frames.
    bool is_painted = false;
  };
  aio::Task<Result<Sight>> see(aio::Scope scope, Element element);

  struct Press {
    bool is_done = false;
    /// Why not.
    std::string reason;
  };
  aio::Task<Result<Press>> press(aio::Scope scope, Element button);

  struct Found {
    Element element;
    std::string text;
  };
  /// The first visible match of the first alternative that has one, in any frame. Errors: `invalid` for CSS the browser refuses.
  aio::Task<Result<std::optional<Found>>> find(aio::Scope scope, std::vector<SelectorChain> alternatives);
  aio::Task<Result<bool>> contains(aio::Scope scope, Element outer, Element inner);

  /// Turns off what can be turned off within the element, and returns how many clicks that took.
  aio::Task<Result<int>> switch_all_off(aio::Scope scope, Element banner);

  struct Clicks {
    int count = 0;
    /// Text of the last thing clicked that has one.
    std::string last_text;
  };
  /// What was clicked in the frame's document by anybody since the first look at it.
  aio::Task<Result<Clicks>> clicks(aio::Scope scope, std::string frame_id);
  aio::Task<Result<Observation>> observe(aio::Scope scope);

 private:
  /// `gannetConsent.<function>(<arguments>)` in the isolated world; null where the frame does not answer.
  aio::Task<Result<boost::json::value>> call(aio::Scope scope, std::string frame_id, std::string function, std::string arguments);
  aio::Task<Result<boost::json::value>> find_in_frame(aio::Scope scope, std::string frame_id, SelectorChain chain,
                                                      std::size_t first);

  bool is_silent(const std::string& frame_id);

  ConsentPage& page_;
  std::chrono::milliseconds answer_limit_;
  /// Let a call time out; not asked again.
  std::set<std::string> silent_frames_;
};

}  // namespace gannet::consent
