#include "change/compare.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/text.hpp"
#include "change/impl/coverage.hpp"
#include "change/impl/generated_names.hpp"
#include "inspect/party.hpp"

namespace gannet::change {
namespace {

std::vector<AttributeChange> changed_attributes(const std::vector<Attribute>& before, const std::vector<Attribute>& after) {
  std::vector<AttributeChange> changes;
  for (std::size_t i = 0; i < std::min(before.size(), after.size()); ++i) {
    const Attribute &from = before[i], &to = after[i];
    if (from.value != to.value && !from.value.empty() && !to.value.empty()) changes.push_back({from.name, from.value, to.value});
  }
  return changes;
}

/// Names by which things of two scans are matched.
class Names {
 public:
  Names(const Snapshot& before, const Snapshot& after) : generated_(before, after), has_other_host_(before.host != after.host) {}

  struct Named {
    ItemKey key;
    const Item* item = nullptr;
    bool is_generated = false;
  };

  /// Of one state, in the order of their keys; generated names of one shape are one.
  std::vector<Named> items_of(const Snapshot& scan, const StateSnapshot& state) const {
    std::vector<Named> named;
    for (const Item& item : state.items) {
      ItemKey key = item.key;
      key.name = generated_.name_of(item.key);
      key.place = generated_.place_of(item.key);
      const bool is_generated = key != item.key;
      key.place = without_host(scan, key.place);
      key.partition_key = without_host(scan, key.partition_key);
      named.push_back({std::move(key), &item, is_generated});
    }
    std::ranges::sort(named, [](const Named& a, const Named& b) { return a.key < b.key; });
    const auto repeated = std::ranges::unique(named, {}, &Named::key);
    named.erase(repeated.begin(), repeated.end());
    return named;
  }

  /// What a finding's id stands for, where its subject has no generated name and the host is the same.
  std::pair<std::string, std::string> finding_key(const Snapshot& scan, const FindingSnapshot& finding) const {
    std::vector<std::string> words;
    for (const std::string_view word : split(finding.subject, ' '))
      words.push_back(without_host(scan, generated_.word_of(std::string(word))));
    return {finding.kind, join(words, " ")};
  }

 private:
  /// Where two hosts are compared, "site" instead of the scan's own registrable domain.
  std::string without_host(const Snapshot& scan, const std::string& place) const {
    if (!has_other_host_ || place.empty()) return place;
    const std::string site = inspect::registrable_domain(scan.host);
    std::string host = place.contains("://") ? inspect::host_of(place) : place;
    if (host == scan.host || host == site) return "site";
    if (host.ends_with("." + site)) return host.substr(0, host.size() - site.size()) + "site";
    return place;
  }

  GeneratedNames generated_;
  bool has_other_host_;
};

/// Walks two sorted ranges; calls on_both for equal keys, else on_before or on_after.
template <class Items, class Key>
void merge(const Items& before, const Items& after, Key key, auto on_before, auto on_after, auto on_both) {
  auto a = before.begin();
  auto b = after.begin();
  while (a != before.end() || b != after.end()) {
    if (b == after.end() || (a != before.end() && key(*a) < key(*b)))
      on_before(*a++);
    else if (a == before.end() || key(*b) < key(*a))
      on_after(*b++);
    else
      on_both(*a++, *b++);
  }
}

class Comparer {
 public:
  Comparer(const Snapshot& before, const Snapshot& after)
      : before_(before), after_(after), names_(before, after), coverage_before_(after, before), coverage_after_(before, after) {}

  Comparison compare() && {
    result_.before = {before_.scan_id, before_.url, before_.started_at};
    result_.after = {after_.scan_id, after_.url, after_.started_at};
    compare_how();
    compare_states();
    compare_findings();
    return std::move(result_);
  }

 private:
  void compare_how() {
    merge(
        before_.how, after_.how, [](const auto& how) { return how.first; },
        [&](const auto& how) { result_.caveats.push_back({how.first, how.second, ""}); },
        [&](const auto& how) { result_.caveats.push_back({how.first, "", how.second}); },
        [&](const auto& a, const auto& b) {
          if (a.second != b.second) result_.caveats.push_back({a.first, a.second, b.second});
        });
  }

  void compare_states() {
    merge(
        before_.states, after_.states, [](const StateSnapshot& state) { return state.state; },
        [&](const StateSnapshot& state) { result_.only_before.push_back(state.state); },
        [&](const StateSnapshot& state) { result_.only_after.push_back(state.state); },
        [&](const StateSnapshot& a, const StateSnapshot& b) { compare_state(a, b); });
  }

  void compare_state(const StateSnapshot& before, const StateSnapshot& after) {
    StateComparison comparison{.state = before.state, .consent = {}, .items = {}};
    const auto has_start_page = [](const StateSnapshot& state) {
      return !state.pages.empty() && state.pages.front().status == record::VisitStatus::ok;
    };
    if (has_start_page(before) && has_start_page(after)) comparison.consent = changed_attributes(before.consent, after.consent);
    const auto add_one_sided = [&](const Names::Named& named, ChangeKind kind, const Coverage& coverage) {
      comparison.items.push_back(made(named, kind, coverage.doubt_of(before.state, *named.item)));
    };
    merge(
        names_.items_of(before_, before), names_.items_of(after_, after), [](const Names::Named& named) { return named.key; },
        [&](const Names::Named& named) { add_one_sided(named, ChangeKind::removed, coverage_after_); },
        [&](const Names::Named& named) { add_one_sided(named, ChangeKind::added, coverage_before_); },
        [&](const Names::Named& a, const Names::Named& b) {
          auto attributes = changed_attributes(a.item->attributes, b.item->attributes);
          // A fixed date of expiry comes nearer from scan to scan.
          if (!a.item->expires.empty() && a.item->expires == b.item->expires)
            std::erase_if(attributes, [](const AttributeChange& change) { return change.name == "lifetime"; });
          if (attributes.empty()) return;
          ItemChange change = made(b, ChangeKind::changed, std::nullopt);
          change.attributes = std::move(attributes);
          comparison.items.push_back(std::move(change));
        });
    result_.states.push_back(std::move(comparison));
  }

  static ItemChange made(const Names::Named& named, ChangeKind kind, std::optional<Doubt> doubt) {
    ItemChange change{.kind = kind, .item = *named.item, .is_generated = named.is_generated, .attributes = {}, .doubt = {}};
    if (named.is_generated) change.item.key = named.key;
    change.doubt = std::move(doubt);
    return change;
  }

  using KeyedFinding = std::pair<std::pair<std::string, std::string>, const FindingSnapshot*>;

  /// Sorted by key, the worst of each.
  std::vector<KeyedFinding> findings_of(const Snapshot& scan) const {
    std::vector<KeyedFinding> keyed;
    for (const FindingSnapshot& finding : scan.findings) keyed.emplace_back(names_.finding_key(scan, finding), &finding);
    std::sort(keyed.begin(), keyed.end(), [](const KeyedFinding& a, const KeyedFinding& b) {
      return std::tie(a.first, b.second->severity, a.second->id) < std::tie(b.first, a.second->severity, b.second->id);
    });
    const auto repeated = std::ranges::unique(keyed, {}, &KeyedFinding::first);
    keyed.erase(repeated.begin(), repeated.end());
    return keyed;
  }

  /// Gone only where all states that its evidence is from would have shown it.
  static std::optional<Doubt> doubt_of(const FindingSnapshot& finding, const Coverage& coverage) {
    for (const record::ConsentState state : finding.states) {
      if (auto doubt = coverage.doubt_of(state)) return doubt;
    }
    return std::nullopt;
  }

  void compare_findings() {
    auto& found = result_.findings;
    merge(
        findings_of(before_), findings_of(after_), [](const KeyedFinding& keyed) { return keyed.first; },
        [&](const KeyedFinding& keyed) {
          const FindingSnapshot& finding = *keyed.second;
          found.push_back({FindingChangeKind::resolved, finding, finding.severity, doubt_of(finding, coverage_after_)});
        },
        [&](const KeyedFinding& keyed) {
          const FindingSnapshot& finding = *keyed.second;
          found.push_back({FindingChangeKind::appeared, finding, finding.severity, doubt_of(finding, coverage_before_)});
        },
        [&](const KeyedFinding& a, const KeyedFinding& b) {
          if (a.second->severity == b.second->severity)
            ++result_.same_findings_count;
          else
            found.push_back({FindingChangeKind::severity, *b.second, a.second->severity, std::nullopt});
        });
    std::sort(found.begin(), found.end(), [](const FindingChange& a, const FindingChange& b) {
      return std::tie(b.finding.severity, a.kind, a.finding.kind, a.finding.subject) <
             std::tie(a.finding.severity, b.kind, b.finding.kind, b.finding.subject);
    });
  }

  const Snapshot& before_;
  const Snapshot& after_;
  const Names names_;
  const Coverage coverage_before_;
  const Coverage coverage_after_;
  Comparison result_;
};

}  // namespace

std::string_view to_string(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::added: return "added";
    case ChangeKind::removed: return "removed";
    case ChangeKind::changed: return "changed";
  }
  return "";
}

std::string_view to_string(DoubtKind kind) {
  switch (kind) {
    case DoubtKind::state_not_visited: return "state_not_visited";
    case DoubtKind::state_not_established: return "state_not_established";
    case DoubtKind::page_not_visited: return "page_not_visited";
    case DoubtKind::page_not_seen: return "page_not_seen";
    case DoubtKind::page_not_settled: return "page_not_settled";
    case DoubtKind::third_party_cookies_differ: return "third_party_cookies_differ";
  }
  return "";
}

std::string_view to_string(FindingChangeKind kind) {
  switch (kind) {
    case FindingChangeKind::appeared: return "new";
    case FindingChangeKind::resolved: return "resolved";
    case FindingChangeKind::severity: return "severity";
  }
  return "";
}

bool Comparison::has_differences() const {
  const auto counts = [](const ItemChange& change) { return change.kind != ChangeKind::removed || !change.doubt; };
  const auto finding_counts = [](const FindingChange& change) {
    return change.kind != FindingChangeKind::resolved || !change.doubt;
  };
  return std::ranges::any_of(findings, finding_counts) || std::ranges::any_of(states, [&](const StateComparison& state) {
           return !state.consent.empty() || std::ranges::any_of(state.items, counts);
         });
}

bool Comparison::is_new_finding(std::string_view id) const {
  return std::ranges::any_of(findings, [id](const FindingChange& change) {
    return change.kind == FindingChangeKind::appeared && change.finding.id == id;
  });
}

Result<Comparison> compare(const Snapshot& before, const Snapshot& after, CompareOptions options) {
  if (before.host != after.host && !options.allows_other_host)
    return fail(ErrorKind::invalid, "the scans are of different hosts, {} and {}; --any-host compares them all the same",
                printable(before.host, 200), printable(after.host, 200));
  return Comparer(before, after).compare();
}

}  // namespace gannet::change
