#include "report/impl/rows.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <type_traits>

#include <fmt/format.h>

#include "report/impl/words.hpp"

namespace gannet::report {
namespace {

/// Joins what each state has under one key, in the order of first appearance.
template <class Row, class Key>
class Joined {
 public:
  Row& at(const Key& key) {
    const auto [found, is_new] = indices_.try_emplace(key, rows_.size());
    if (is_new) rows_.emplace_back();
    return rows_[found->second];
  }
  std::vector<Row> take() && { return std::move(rows_); }

 private:
  std::map<Key, std::size_t> indices_;
  std::vector<Row> rows_;
};

template <class Function>
void for_each_state(const inspect::Inspection& inspection, Function function) {
  for (std::size_t i = 0; i < k_states.size(); ++i)
    if (const inspect::StateInspection* state = find_state(inspection, k_states[i])) function(i, *state);
}

template <class T>
std::size_t first_state(const PerState<T>& states) {
  return std::size_t(std::ranges::find_if(states, [](const auto& state) { return state.has_value(); }) - states.begin());
}

/// Keeps the order of equal keys. (std::ranges::stable_sort of libstdc++ 12 uses what C++20 deprecates.)
template <class Row, class Key>
std::vector<Row> sorted_by(std::vector<Row> rows, Key key) {
  std::vector<std::pair<std::invoke_result_t<Key, const Row&>, std::size_t>> order;
  for (std::size_t i = 0; i < rows.size(); ++i) order.emplace_back(key(rows[i]), i);
  std::ranges::sort(order);
  std::vector<Row> sorted;
  for (const auto& entry : order) sorted.push_back(std::move(rows[entry.second]));
  return sorted;
}

/// Sorts by what needs consent, the first state it is in, and the phase there.
template <class T>
auto urgency(const T& row, inspect::Category category) {
  const std::size_t state = first_state(row.seen);
  return std::tuple(!needs_consent(category), category == inspect::Category::necessary, state,
                    state < row.seen.size() ? row.seen[state]->phase : record::Phase::s3);
}

}  // namespace

bool needs_consent(inspect::Category category) {
  return category == inspect::Category::analytics || category == inspect::Category::advertising;
}

std::vector<CookieRow> make_cookie_rows(const inspect::Inspection& inspection) {
  Joined<CookieRow, record::CookieKey> joined;
  for_each_state(inspection, [&](std::size_t i, const inspect::StateInspection& state) {
    for (const inspect::CookieVerdict& cookie : state.cookies) {
      CookieRow& row = joined.at(cookie.cookie.key);
      if (!row.cookie) row.cookie = &cookie;
      row.seen[i] = Sighting{cookie.phase, !cookie.is_present};
    }
  });
  return sorted_by(std::move(joined).take(),
                   [](const CookieRow& row) { return urgency(row, row.cookie->categorisation.category); });
}

std::vector<StorageRow> make_storage_rows(const inspect::Inspection& inspection) {
  Joined<StorageRow, std::tuple<record::StorageArea, std::string, std::string>> joined;
  for_each_state(inspection, [&](std::size_t i, const inspect::StateInspection& state) {
    for (const inspect::StorageVerdict& verdict : state.storage) {
      StorageRow& row = joined.at({verdict.entry.area, verdict.entry.origin, verdict.entry.key});
      if (!row.entry) row.entry = &verdict;
      row.seen[i] = Sighting{verdict.entry.phase, !verdict.entry.is_present};
    }
  });
  return sorted_by(std::move(joined).take(),
                   [](const StorageRow& row) { return urgency(row, row.entry->categorisation.category); });
}

std::vector<BlockedRow> make_blocked_rows(const inspect::Inspection& inspection) {
  Joined<BlockedRow, std::pair<record::CookieKey, std::vector<std::string>>> joined;
  for_each_state(inspection, [&](std::size_t i, const inspect::StateInspection& state) {
    for (const record::CookieWrite& write : state.blocked_cookies) {
      BlockedRow& row = joined.at({write.cookie.key, write.blocked_reasons});
      if (!row.write) row.write = &write;
      row.seen[i] = Sighting{write.phase, false};
    }
  });
  return std::move(joined).take();
}

std::vector<ThirdPartyRow> make_third_party_rows(const inspect::Inspection& inspection) {
  Joined<ThirdPartyRow, std::string> joined;
  for_each_state(inspection, [&](std::size_t i, const inspect::StateInspection& state) {
    for (const inspect::ThirdParty& party : state.third_parties) {
      ThirdPartyRow& row = joined.at(party.domain);
      if (!row.party) row.party = &party;
      row.requests[i] = party.request_count;
    }
  });
  return sorted_by(std::move(joined).take(), [](const ThirdPartyRow& row) {
    std::uint64_t total = 0;
    for (const auto& requests : row.requests) total += requests.value_or(0);
    return std::pair(!row.party->is_tracker, ~total);
  });
}

std::vector<OwnerRow> make_owner_rows(const inspect::Inspection& inspection) {
  Joined<OwnerRow, std::pair<bool, std::string>> joined;
  const auto add_new = [](std::vector<std::string>& list, const std::string& item) {
    if (std::ranges::count(list, item) == 0) list.push_back(item);
  };
  for_each_state(inspection, [&](std::size_t i, const inspect::StateInspection& state) {
    for (const inspect::ThirdParty& party : state.third_parties) {
      const bool is_owner_known = !party.owner.name.empty();
      OwnerRow& row = joined.at({is_owner_known, is_owner_known ? party.owner.name : party.domain});
      row.name = owner_words(party.owner);
      add_new(row.domains, party.domain);
      row.requests[i] = row.requests[i].value_or(0) + party.request_count;
      row.transferred_bytes += party.transferred_bytes;
      row.first_phase = std::min(row.first_phase, party.first_phase);
      // A tracker's category tells more than that of its owner's font host.
      if (row.category.empty() || (party.is_tracker && !row.is_tracker)) row.category = category_words(party.categorisation);
      row.is_tracker = row.is_tracker || party.is_tracker;
      for (const std::string& name : party.cookie_names) add_new(row.cookie_names, name);
    }
  });
  return sorted_by(std::move(joined).take(), [](const OwnerRow& row) {
    std::uint64_t total = 0;
    for (const auto& requests : row.requests) total += requests.value_or(0);
    return std::pair(!row.is_tracker, ~total);
  });
}

std::vector<PageRow> make_page_rows(const record::ScanRecord& scan) {
  Joined<PageRow, std::string> joined;
  for (std::size_t i = 0; i < k_states.size(); ++i) {
    const record::StateRecord* state = find_state(scan, k_states[i]);
    if (!state) continue;
    for (const record::Visit& visit : state->visits) {
      PageRow& row = joined.at(visit.requested_url);
      const bool is_worse = row.visit && row.visit->status == record::VisitStatus::ok && visit.status != record::VisitStatus::ok;
      if (!row.visit || is_worse) row.visit = &visit;
      // A page visited twice in one state shows its worse visit: a good second one does not undo what the first did not see.
      row.status[i] = std::max(row.status[i].value_or(record::VisitStatus::ok), visit.status);
    }
  }
  return sorted_by(std::move(joined).take(), [](const PageRow& row) { return row.visit->status == record::VisitStatus::ok; });
}

std::string finding_owner(const inspect::Inspection& inspection, const record::Finding& finding) {
  for (const inspect::StateInspection& state : inspection.states) {
    for (const inspect::ThirdParty& party : state.third_parties)
      if (finding.subject == party.domain) return owner_words(party.owner);
    for (const inspect::CookieVerdict& cookie : state.cookies)
      if (finding.subject == fmt::format("cookie {} {}", cookie.cookie.key.name, cookie.cookie.key.domain))
        return owner_words(cookie.owner);
  }
  return "";
}

std::vector<FindingGroup> make_finding_groups(const inspect::Inspection& inspection) {
  Joined<FindingGroup, std::pair<record::Severity, std::string>> joined;
  for (const record::Finding& finding : inspection.findings) {
    FindingGroup& group = joined.at({finding.severity, finding.kind});
    group.severity = finding.severity;
    group.findings.push_back(&finding);
  }
  return sorted_by(std::move(joined).take(), [](const FindingGroup& group) { return -int(group.severity); });
}

}  // namespace gannet::report
