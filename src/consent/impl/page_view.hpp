// PageView: what the driver sees and does in a page through its scripts, over all frames. A frame that is gone, or so busy that
// it does not answer, counts as empty; only the end of the scope is an error.
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
};

class PageView {
 public:
  explicit PageView(ConsentPage& page) : page_(page) {}

  aio::Task<Result<Survey>> survey(aio::Scope scope);

  struct Sight {
    /// False: its document was replaced or its frame removed.
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
  /// Text of the last thing that was clicked in the frame by anybody; empty where nothing was.
  aio::Task<Result<std::string>> last_clicked(aio::Scope scope, std::string frame_id);
  aio::Task<Result<Observation>> observe(aio::Scope scope);

 private:
  /// `gannetConsent.<function>(<arguments>)` in the isolated world; null where the frame does not answer.
  aio::Task<Result<boost::json::value>> call(aio::Scope scope, std::string frame_id, std::string function, std::string arguments);
  aio::Task<Result<boost::json::value>> find_in_frame(aio::Scope scope, std::string frame_id, SelectorChain chain,
                                                      std::size_t first);

  ConsentPage& page_;
  /// Frames that let a call time out; not asked again.
  std::set<std::string> deaf_frames_;
};

}  // namespace gannet::consent
