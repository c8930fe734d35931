// Coverage: whether a scan can prove by not seeing something that it is not there. Made once for a comparison and each of its
// directions. Pure.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "change/compare.hpp"

namespace gannet::change {

/// Path and query: what is the same page of two scans even where scheme or port differ.
std::string_view page_path(std::string_view url);

class Coverage {
 public:
  /// Of what `with` has and `without` has not.
  Coverage(const Snapshot& with, const Snapshot& without);

  /// Why it proves nothing that an item of `with` was not seen in the state; nullopt where it is gone.
  std::optional<Doubt> doubt_of(record::ConsentState state, const Item& item) const;
  /// The same for something that may be from any page visited in the state.
  std::optional<Doubt> doubt_of(record::ConsentState state) const;

 private:
  using Doubts = std::map<std::string, std::optional<DoubtKind>, std::less<>>;
  struct State {
    /// By path, of the pages that `without` visited.
    Doubts pages;
    std::optional<Doubt> of_choice;
    std::optional<Doubt> of_any_page;
  };
  static std::optional<Doubt> doubt_of_page(const State& covered, record::ConsentState state, const std::string& url);

  std::map<record::ConsentState, State> states_;
  /// The policy of `without`, where it is another.
  std::optional<std::string> other_cookie_policy_;
};

}  // namespace gannet::change
