// Hand-made snapshots for change's tests: https://shop.test/, seen in full in each state, unless a test says otherwise.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "change/compare.hpp"

namespace gannet::change::testing {

using record::ConsentResult;
using record::ConsentState;

inline const std::string k_page = "https://shop.test/";

inline Item cookie(std::string name, std::vector<Attribute> attributes = {{"same_site", "Lax"}, {"lifetime", "session"}}) {
  Item item;
  item.key = {ItemKind::cookie, std::move(name), "shop.test", "/", ""};
  item.attributes = std::move(attributes);
  return item;
}

inline Item storage(std::string key) {
  Item item;
  item.key = {ItemKind::storage, std::move(key), "https://shop.test", "localStorage", ""};
  item.attributes = {{"category", "unknown"}};
  return item;
}

inline Item third_party(std::string domain) {
  Item item;
  item.key = {ItemKind::third_party, std::move(domain), "", "", ""};
  item.is_third_party = true;
  item.attributes = {{"tracker", "yes"}, {"category", "analytics"}};
  return item;
}

inline PageOutcome page(std::string url = k_page) {
  return {.url = std::move(url),
          .status = record::VisitStatus::ok,
          .http_status = 200,
          .is_without_phases = false,
          .settled_by = record::SettledBy::quiet};
}

inline StateSnapshot state(std::vector<Item> items, ConsentState which = ConsentState::untouched) {
  StateSnapshot made;
  made.state = which;
  made.is_established = true;
  made.consent_result = which == ConsentState::untouched ? ConsentResult::not_attempted : ConsentResult::proved;
  made.consent = {{"result", std::string(to_string(made.consent_result))}, {"platform", "klaro"}};
  made.pages = {page()};
  std::ranges::sort(items, {}, &Item::key);
  made.items = std::move(items);
  return made;
}

inline FindingSnapshot finding(std::string subject, record::Severity severity = record::Severity::high) {
  FindingSnapshot made;
  made.id = "id of " + subject;
  made.kind = "cookie-before-consent";
  made.subject = std::move(subject);
  made.severity = severity;
  made.states = {ConsentState::untouched};
  return made;
}

inline Snapshot snapshot(std::vector<StateSnapshot> states, std::vector<FindingSnapshot> findings = {}) {
  Snapshot made;
  made.url = k_page;
  made.host = "shop.test";
  made.status = record::ScanStatus::success;
  made.states = std::move(states);
  made.findings = std::move(findings);
  made.how = {{"gannet", "0.1.0"}, {"browser", "Chrome/150"}, {"third_party_cookies", "allow"}};
  return made;
}

/// "added _ga", "removed? sid" (not proved), "changed sid same_site Lax → None", in the order of the comparison; by state where
/// there are several.
inline std::vector<std::string> words_of(const Comparison& comparison) {
  std::vector<std::string> words;
  for (const StateComparison& compared : comparison.states) {
    const std::string where = comparison.states.size() > 1 ? " in " + std::string(to_string(compared.state)) : "";
    for (const AttributeChange& change : compared.consent)
      words.push_back(fmt::format("consent {} {} → {}{}", change.name, change.before, change.after, where));
    for (const ItemChange& change : compared.items) {
      std::string line = fmt::format("{}{} {}", to_string(change.kind), change.doubt ? "?" : "", change.item.key.name);
      for (const AttributeChange& attribute : change.attributes)
        line += fmt::format(" {} {} → {}", attribute.name, attribute.before, attribute.after);
      words.push_back(line + where);
    }
  }
  for (const FindingChange& change : comparison.findings)
    words.push_back(fmt::format("{} finding{} {}", to_string(change.kind), change.doubt ? "?" : "", change.finding.subject));
  return words;
}

using Words = std::vector<std::string>;

inline Words difference(const Snapshot& before, const Snapshot& after) {
  const Result<Comparison> comparison = compare(before, after);
  return comparison ? words_of(*comparison) : Words{comparison.error().describe()};
}

}  // namespace gannet::change::testing
