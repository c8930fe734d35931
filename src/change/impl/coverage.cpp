#include "change/impl/coverage.hpp"

namespace gannet::change {
namespace {

std::optional<DoubtKind> doubt_of_outcome(const PageOutcome& page) {
  if (page.status != record::VisitStatus::ok || page.http_status >= 400 || page.is_without_phases)
    return DoubtKind::page_not_seen;
  if (page.settled_by != record::SettledBy::quiet) return DoubtKind::page_not_settled;
  return std::nullopt;
}

std::string cookie_policy_of(const Snapshot& snapshot) {
  const auto found = snapshot.how.find("third_party_cookies");
  return found == snapshot.how.end() ? std::string() : found->second;
}

}  // namespace

std::string_view page_path(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos) return url;
  const auto path = url.find_first_of("/?", scheme + 3);
  const std::string_view rest = path == std::string_view::npos ? "/" : url.substr(path);
  return rest.substr(0, rest.find('#'));
}

Coverage::Coverage(const Snapshot& with, const Snapshot& without) {
  for (const StateSnapshot& state : without.states) {
    State& covered = states_[state.state];
    for (const PageOutcome& page : state.pages) {
      const auto [entry, is_new] = covered.pages.try_emplace(std::string(page_path(page.url)), doubt_of_outcome(page));
      if (!is_new && !entry->second) entry->second = doubt_of_outcome(page);
    }
    const StateSnapshot* other = with.find_state(state.state);
    // Where neither scan found a banner, both saw what the page does without an answer.
    const bool has_no_banner_in_both = other && other->consent_result == record::ConsentResult::no_banner &&
                                       state.consent_result == record::ConsentResult::no_banner;
    if (state.pages.empty() || (!state.is_established && !has_no_banner_in_both))
      covered.of_choice = Doubt{DoubtKind::state_not_established, state.state, ""};
    if (!other) continue;
    for (const PageOutcome& page : other->pages) {
      covered.of_any_page = doubt_of_page(covered, state.state, page.url);
      if (covered.of_any_page) break;
    }
  }
  if (cookie_policy_of(with) != cookie_policy_of(without)) other_cookie_policy_ = cookie_policy_of(without);
}

std::optional<Doubt> Coverage::doubt_of_page(const State& covered, record::ConsentState state, const std::string& url) {
  const auto found = covered.pages.find(page_path(url));
  if (found == covered.pages.end()) return Doubt{DoubtKind::page_not_visited, state, url};
  if (found->second) return Doubt{*found->second, state, url};
  return std::nullopt;
}

std::optional<Doubt> Coverage::doubt_of(record::ConsentState state) const {
  const auto found = states_.find(state);
  if (found == states_.end()) return Doubt{DoubtKind::state_not_visited, state, ""};
  const State& covered = found->second;
  return covered.of_any_page ? covered.of_any_page : covered.of_choice;
}

std::optional<Doubt> Coverage::doubt_of(record::ConsentState state, const Item& item) const {
  const auto found = states_.find(state);
  if (item.pages.empty() || found == states_.end()) {
    if (auto doubt = doubt_of(state)) return doubt;
  } else {
    for (const std::string& page : item.pages) {
      if (auto doubt = doubt_of_page(found->second, state, page)) return doubt;
    }
    if (found->second.of_choice) return found->second.of_choice;
  }
  if (item.is_third_party && other_cookie_policy_)
    return Doubt{DoubtKind::third_party_cookies_differ, state, *other_cookie_policy_};
  return std::nullopt;
}

}  // namespace gannet::change
