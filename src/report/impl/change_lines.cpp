#include "report/impl/change_lines.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "report/impl/words.hpp"

namespace gannet::report {
namespace {

using change::ChangeKind;
using change::Comparison;
using change::Doubt;
using change::DoubtKind;
using change::FindingChange;
using change::FindingChangeKind;
using change::ItemChange;
using change::ItemKind;

constexpr std::size_t k_names_max = 6;

/// What was not seen but is not proved gone stands under a heading of its own.
bool is_merely_unseen(const ItemChange& change) { return change.kind == ChangeKind::removed && change.doubt; }
bool is_merely_unseen(const FindingChange& change) { return change.kind == FindingChangeKind::resolved && change.doubt; }

std::string_view mark_of(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::added: return "+";
    case ChangeKind::removed: return "−";
    case ChangeKind::changed: return "~";
  }
  return "";
}

std::string doubt_words(const Doubt& doubt) {
  const std::string page = safe(doubt.about, 120);
  switch (doubt.kind) {
    case DoubtKind::state_not_visited: return fmt::format("the state {} was not visited", to_string(doubt.state));
    case DoubtKind::state_not_established:
      return fmt::format("the state {} was not established: nothing proves that the choice took effect, or not all was seen",
                         to_string(doubt.state));
    case DoubtKind::page_not_visited: return fmt::format("in {}, {} was not visited", to_string(doubt.state), page);
    case DoubtKind::page_not_seen: return fmt::format("in {}, {} was not seen in full", to_string(doubt.state), page);
    case DoubtKind::page_not_settled:
      return fmt::format("in {}, {} was still busy when the waiting time ended", to_string(doubt.state), page);
    case DoubtKind::third_party_cookies_differ:
      return fmt::format("the browser was set to {} third-party cookies", page == "block" ? "block" : "allow");
  }
  return "";
}

/// "_ga (shop.test)", "cart (localStorage of https://shop.test)".
std::string item_words(const ItemChange& change) {
  const change::ItemKey& key = change.item.key;
  std::string words = safe(key.name, 100);
  if (words.empty()) words = "(no name)";
  if (key.kind == ItemKind::cookie) {
    words += fmt::format(" ({}{}", safe(key.place, 100), key.part == "/" ? "" : safe(key.part, 60));
    if (!key.partition_key.empty()) words += ", partition " + safe(key.partition_key, 100);
    words += ")";
  }
  if (key.kind == ItemKind::storage) words += fmt::format(" ({} of {})", safe(key.part, 40), safe(key.place, 100));
  return words;
}

std::string attribute_words(const std::vector<change::AttributeChange>& attributes) {
  std::vector<std::string> parts;
  for (const change::AttributeChange& change : attributes) {
    std::string name = change.name;
    std::ranges::replace(name, '_', ' ');
    parts.push_back(fmt::format("{} {} → {}", safe(name, 40), safe(change.before, 100), safe(change.after, 100)));
  }
  return join(parts, ", ");
}

bool needs_attention(const change::Item& item) {
  const std::string_view category = item.attribute("category");
  return category == "analytics" || category == "advertising" || item.attribute("tracker") == "yes";
}

Style style_of(const ItemChange& change) {
  if (change.kind == ChangeKind::removed) return Style::green;
  if (change.kind == ChangeKind::changed) return Style::yellow;
  return needs_attention(change.item) ? Style::red : Style::yellow;
}

/// The same change in several states is one line.
struct Row {
  const ItemChange* change = nullptr;
  std::vector<record::ConsentState> states;
};

bool is_same(const ItemChange& a, const ItemChange& b) {
  return a.kind == b.kind && a.item.key == b.item.key && a.attributes == b.attributes &&
         a.doubt.has_value() == b.doubt.has_value();
}

std::vector<Row> make_rows(const Comparison& comparison, ItemKind kind) {
  std::map<change::ItemKey, std::vector<Row>> rows;
  for (const change::StateComparison& state : comparison.states) {
    for (const ItemChange& change : state.items) {
      if (change.item.key.kind != kind || is_merely_unseen(change)) continue;
      std::vector<Row>& same_key = rows[change.item.key];
      const auto row = std::ranges::find_if(same_key, [&](const Row& seen) { return is_same(*seen.change, change); });
      if (row == same_key.end())
        same_key.push_back({&change, {state.state}});
      else
        row->states.push_back(state.state);
    }
  }
  std::vector<Row> flat;
  for (const ChangeKind which : {ChangeKind::added, ChangeKind::removed, ChangeKind::changed}) {
    for (const auto& [key, same_key] : rows)
      std::ranges::copy_if(same_key, std::back_inserter(flat), [&](const Row& row) { return row.change->kind == which; });
  }
  return flat;
}

ChangeSection item_section(const Comparison& comparison, ItemKind kind, std::string title) {
  ChangeSection section{std::move(title), {}};
  for (const Row& row : make_rows(comparison, kind)) {
    const ItemChange& change = *row.change;
    std::string text = item_words(change);
    if (change.kind == ChangeKind::changed) text += ": " + attribute_words(change.attributes);
    if (change.kind == ChangeKind::added) {
      const std::string_view category = change.item.attribute("category");
      if (!category.empty()) text += ", " + safe(category, 40);
      if (change.item.attribute("tracker") == "yes") text += ", tracker";
    }
    text += " · " + state_words(row.states);
    if (change.is_generated) text += "; * is made up for each visitor";
    if (change.doubt) text += "; may have been there before: " + doubt_words(*change.doubt);
    section.lines.push_back({mark_of(change.kind), std::move(text), style_of(change)});
  }
  return section;
}

ChangeLine finding_line(const FindingChange& change) {
  const change::FindingSnapshot& finding = change.finding;
  const std::string title = safe(finding.title.empty() ? finding.kind + ": " + finding.subject : finding.title);
  switch (change.kind) {
    case FindingChangeKind::appeared: {
      std::string text = fmt::format("new, {}: {}", to_string(finding.severity), title);
      if (finding.confidence == record::Confidence::unsure) text += " (unsure)";
      if (change.doubt) text += "; may have been there before: " + doubt_words(*change.doubt);
      return {"+", std::move(text), finding.severity >= record::Severity::high ? Style::red : Style::yellow};
    }
    case FindingChangeKind::resolved:
      return {"−", fmt::format("resolved, {}: {}", to_string(finding.severity), title), Style::green};
    case FindingChangeKind::severity:
      return {"~", fmt::format("{} → {}: {}", to_string(change.severity_before), to_string(finding.severity), title),
              Style::yellow};
  }
  return {};
}

ChangeSection finding_section(const Comparison& comparison) {
  ChangeSection section{"Findings", {}};
  for (const FindingChange& change : comparison.findings)
    if (!is_merely_unseen(change)) section.lines.push_back(finding_line(change));
  if (!section.lines.empty() && comparison.same_findings_count > 0)
    section.lines.push_back({"·", count_words(comparison.same_findings_count, "finding", "findings") + " as before", Style::dim});
  return section;
}

ChangeSection consent_section(const Comparison& comparison) {
  ChangeSection section{"Consent", {}};
  for (const change::StateComparison& state : comparison.states) {
    if (state.consent.empty()) continue;
    section.lines.push_back({"~", fmt::format("{}: {}", to_string(state.state), attribute_words(state.consent)), Style::yellow});
  }
  return section;
}

std::string_view kind_words(ItemKind kind) {
  switch (kind) {
    case ItemKind::cookie: return "cookies";
    case ItemKind::storage: return "storage";
    case ItemKind::third_party: return "third parties";
  }
  return "";
}

/// One line for each reason and kind of thing.
ChangeSection unseen_section(const Comparison& comparison) {
  struct Group {
    std::vector<std::string> names;
    std::size_t count = 0;
  };
  std::map<std::pair<std::string, std::string>, Group> groups;
  const auto add = [&](const Doubt& doubt, std::string_view kind, std::string name) {
    Group& group = groups[{doubt_words(doubt), std::string(kind)}];
    if (++group.count <= k_names_max) group.names.push_back(std::move(name));
  };
  for (const FindingChange& change : comparison.findings)
    if (is_merely_unseen(change))
      add(*change.doubt, "findings", safe(change.finding.kind, 60) + " of " + safe(change.finding.subject, 100));
  for (const change::StateComparison& state : comparison.states)
    for (const ItemChange& change : state.items)
      if (is_merely_unseen(change)) add(*change.doubt, kind_words(change.item.key.kind), item_words(change));
  ChangeSection section{"Not seen, but not proved gone", {}};
  for (const auto& [key, group] : groups) {
    std::string names = join(group.names, ", ");
    if (group.count > group.names.size()) names += fmt::format(" and {} more", group.count - group.names.size());
    section.lines.push_back({"?", fmt::format("{}: {} ({})", key.second, names, key.first), Style::dim});
  }
  return section;
}

std::string caveat_words(const change::Caveat& caveat) {
  const auto or_none = [](const std::string& text) { return text.empty() ? std::string("none") : safe(text, 100); };
  std::string words = fmt::format("{}: {} → {}", safe(caveat.name, 100), or_none(caveat.before), or_none(caveat.after));
  std::ranges::replace(words, '_', ' ');
  if (caveat.name.starts_with("data set ")) return words + "; categories, owners and findings may have changed with it";
  if (caveat.name == "gannet") return words + "; what counts as a finding may have changed with it";
  return words + "; the site may have answered otherwise because of it";
}

ChangeSection caveat_section(const Comparison& comparison) {
  ChangeSection section{"Worth knowing", {}};
  const auto add = [&](std::string text) { section.lines.push_back({"·", std::move(text), Style::dim}); };
  if (!comparison.only_before.empty())
    add(fmt::format("only the older scan visited {}: nothing is compared there", state_words(comparison.only_before)));
  if (!comparison.only_after.empty())
    add(fmt::format("only the newer scan visited {}: nothing is compared there", state_words(comparison.only_after)));
  for (const change::Caveat& caveat : comparison.caveats) add(caveat_words(caveat));
  return section;
}

std::size_t count_unseen(const Comparison& comparison) {
  const auto is_unseen = [](const auto& change) { return is_merely_unseen(change); };
  auto count = std::ranges::count_if(comparison.findings, is_unseen);
  for (const change::StateComparison& state : comparison.states) count += std::ranges::count_if(state.items, is_unseen);
  return std::size_t(count);
}

}  // namespace

std::string change_headline(const Comparison& comparison) {
  std::vector<std::string> parts;
  const auto add = [&](std::size_t count, std::string_view one, std::string_view many) {
    if (count > 0) parts.push_back(count_words(count, one, many));
  };
  const auto count_findings = [&](FindingChangeKind kind) {
    return std::size_t(std::ranges::count_if(
        comparison.findings, [&](const FindingChange& change) { return change.kind == kind && !is_merely_unseen(change); }));
  };
  add(count_findings(FindingChangeKind::appeared), "new finding", "new findings");
  add(count_findings(FindingChangeKind::resolved), "finding resolved", "findings resolved");
  add(count_findings(FindingChangeKind::severity), "finding of another severity", "findings of another severity");
  struct Noun {
    ItemKind kind;
    std::string_view one, many;
  };
  for (const auto& [kind, one, many] :
       {Noun{ItemKind::cookie, "cookie", "cookies"}, Noun{ItemKind::third_party, "third party", "third parties"},
        Noun{ItemKind::storage, "storage entry", "storage entries"}}) {
    const std::vector<Row> rows = make_rows(comparison, kind);
    for (const ChangeKind which : {ChangeKind::added, ChangeKind::removed, ChangeKind::changed}) {
      const auto count = std::ranges::count_if(rows, [&](const Row& row) { return row.change->kind == which; });
      add(std::size_t(count), fmt::format("{} {}", one, to_string(which)), fmt::format("{} {}", many, to_string(which)));
    }
  }
  if (std::ranges::any_of(comparison.states, [](const auto& state) { return !state.consent.empty(); }))
    parts.emplace_back("another outcome of the choice");
  if (!parts.empty()) return join(parts, ", ");
  const std::size_t unseen = count_unseen(comparison);
  if (unseen == 0) return "No differences";
  return "No certain difference; not seen again, but not proved gone: " + count_words(unseen, "thing", "things");
}

std::string scan_words(const change::ScanName& scan) {
  std::string when = safe(scan.started_at, 40);
  if (const auto at = parse_instant(scan.started_at)) {
    when = format_instant(*at);
    when = when.substr(0, 10) + " " + when.substr(11, 5) + " UTC";
  }
  return fmt::format("{} · {} · {}", safe(scan.url, 300), when, safe(scan.scan_id, 40));
}

std::vector<ChangeSection> make_change_sections(const Comparison& comparison) {
  std::vector<ChangeSection> sections = {finding_section(comparison),
                                         item_section(comparison, ItemKind::cookie, "Cookies"),
                                         item_section(comparison, ItemKind::third_party, "Third parties"),
                                         item_section(comparison, ItemKind::storage, "Storage"),
                                         consent_section(comparison),
                                         unseen_section(comparison),
                                         caveat_section(comparison)};
  std::erase_if(sections, [](const ChangeSection& section) { return section.lines.empty(); });
  return sections;
}

}  // namespace gannet::report
