#include "report/text.hpp"

#include <algorithm>
#include <span>

#include <fmt/format.h>

#include "base/text.hpp"
#include "base/units.hpp"
#include "report/impl/layout.hpp"
#include "report/impl/rows.hpp"
#include "report/impl/signals.hpp"
#include "report/impl/words.hpp"
#include "report/verdict.hpp"

namespace gannet::report {
namespace {

constexpr int k_width_min = 60;
/// From here on a state's column has its whole name as title.
constexpr int k_width_roomy = 120;
constexpr int k_indent = 2;
constexpr std::size_t k_table_rows_max = 40;
constexpr std::size_t k_group_findings_max = 10;
/// Of what is only worth knowing.
constexpr std::size_t k_remarks_max = 6;
constexpr std::size_t k_signals_max = 8;

/// One report being written. A section is a member function that adds lines to `out_`.
class TextReport {
 public:
  TextReport(const record::ScanRecord& scan, const inspect::Inspection& inspection, TextOptions options)
      : scan_(scan),
        inspection_(inspection),
        verdict_(make_verdict(scan, inspection)),
        has_colour_(options.colour),
        width_(std::max(options.width, k_width_min)) {
    for (std::size_t i = 0; i < k_states.size(); ++i)
      if (find_state(scan, k_states[i])) state_indices_.push_back(i);
  }

  std::string write() && {
    add_verdict();
    add_gaps();
    add_findings();
    add_cookies();
    add_third_parties();
    add_storage();
    add_blocked();
    add_signals("CONSENT SIGNALS", make_consent_signal_rows(scan_));
    add_signals("WHAT ELSE HAPPENED", make_fact_rows(scan_));
    add_pages();
    add_how();
    return std::move(out_);
  }

 private:
  void add_verdict();
  void add_gaps();
  void add_findings();
  std::string proof_words(const record::Finding& finding) const;
  void add_finding_group(const FindingGroup& group);
  void add_cookies();
  void add_third_parties();
  void add_storage();
  void add_blocked();
  void add_signals(std::string_view title, const std::vector<SignalRow>& rows);
  void add_pages();
  void add_how();

  /// Wrapped text; lines after the first stand `hanging` columns further right. The lead stands before the first line's text.
  void paragraph(int indent, std::string_view lead, std::string_view text, Style style = Style::plain,
                 Style lead_style = Style::plain);
  void section(std::string_view title);
  void table(const Table& table) { out_ += table.render(width_, k_indent, has_colour_); }
  void add_legend(bool has_phases);
  void add_left_out(std::size_t count, std::string_view what);
  std::string paint(Style style, std::string_view text) const { return has_colour_ ? coloured(style, text) : std::string(text); }

  std::vector<Column> with_states(std::vector<Column> before, std::vector<Column> after, bool is_number) const;
  /// The cells of the visited states; an absence in a state that is not established shows as unknown.
  template <class T, class Words>
  void add_state_cells(std::vector<Cell>& cells, const PerState<T>& states, Words words);
  /// Where it was accepted nothing is marked: what is there may be there.
  void add_sightings(std::vector<Cell>& cells, const PerState<Sighting>& seen, Style style);

  const record::ScanRecord& scan_;
  const inspect::Inspection& inspection_;
  const Verdict verdict_;
  const bool has_colour_;
  const int width_;
  std::vector<std::size_t> state_indices_;
  /// Which signs the table just written used, for its legend.
  bool has_unknown_ = false;
  bool has_gone_ = false;
  std::string out_;
};

void TextReport::paragraph(int indent, std::string_view lead, std::string_view text, Style style, Style lead_style) {
  out_ += render_paragraph({.indent = indent, .lead = lead, .lead_style = lead_style, .text = text, .style = style}, width_,
                           has_colour_);
}

void TextReport::section(std::string_view title) { out_ += "\n" + paint(Style::bold, title) + "\n"; }

void TextReport::add_left_out(std::size_t count, std::string_view what) {
  if (count > 0)
    paragraph(k_indent, "", fmt::format("… and {} more {}: the JSON and HTML reports have all", count, what), Style::dim);
}

void TextReport::add_verdict() {
  struct Look {
    std::string_view mark;
    Style style;
  };
  const auto look = [](VerdictKind kind) -> Look {
    switch (kind) {
      case VerdictKind::failed:
      case VerdictKind::problems: return {"✗ ", Style::red};
      case VerdictKind::undetermined:
      case VerdictKind::review: return {"? ", Style::yellow};
      case VerdictKind::clean: return {"✓ ", Style::green};
    }
    return {"", Style::plain};
  }(verdict_.kind);
  paragraph(0, look.mark, verdict_.headline + ".", look.style, look.style);
  if (!verdict_.detail.empty()) paragraph(2, "", verdict_.detail + ".");
  std::vector<std::string> states;
  for (const std::size_t i : state_indices_) states.emplace_back(to_string(k_states[i]));
  const std::string when = format_instant(scan_.started_at);
  paragraph(2, "",
            fmt::format("{} · {} {} UTC · {} · {}", safe(scan_.url, 300), when.substr(0, 10), when.substr(11, 5),
                        format_duration(duration_of(scan_)), states.empty() ? "no state visited" : join(states, ", ")),
            Style::dim);
}

void TextReport::add_gaps() {
  if (verdict_.gaps.empty()) return;
  section(verdict_.has_blocking_gap() ? "COULD NOT BE ESTABLISHED" : "WORTH KNOWING");
  std::size_t shown = 0, left_out = 0;
  for (const Gap& gap : verdict_.gaps) {
    if (!gap.is_blocking && ++shown > k_remarks_max) {
      ++left_out;
      continue;
    }
    const std::string lead = fmt::format("{} {:<10} ", gap.is_blocking ? "?" : "·", gap.state ? to_string(*gap.state) : "scan");
    paragraph(k_indent, lead, gap.text, Style::plain, gap.is_blocking ? Style::yellow : Style::dim);
  }
  if (left_out > 0) paragraph(k_indent, "", fmt::format("… and {} more (see --format html)", left_out), Style::dim);
}

std::string TextReport::proof_words(const record::Finding& finding) const {
  if (finding.evidence.empty()) return fmt::format("{} · no evidence recorded", to_string(finding.confidence));
  const record::Evidence& first = finding.evidence[0];
  std::string proof = fmt::format("{} · {}: {}", to_string(finding.confidence), when_words(first), safe(first.text, 300));
  if (first.page_url != scan_.url) proof += " on " + page_words(first.page_url, scan_.url);
  if (finding.evidence.size() > 1) proof += fmt::format(" (and {} more)", finding.evidence.size() - 1);
  return proof;
}

void TextReport::add_finding_group(const FindingGroup& group) {
  const std::size_t shown = std::min(group.findings.size(), k_group_findings_max);
  for (std::size_t i = 0; i < shown; ++i) {
    const record::Finding& finding = *group.findings[i];
    paragraph(k_indent + 2, "", safe(finding.title), Style::plain);
    paragraph(k_indent + 4, "", proof_words(finding), Style::dim);
    const bool is_last_with_advice = i + 1 == shown || group.findings[i + 1]->advice != finding.advice;
    if (is_last_with_advice && !finding.advice.empty()) paragraph(k_indent + 4, "→ ", safe(finding.advice));
  }
  add_left_out(group.findings.size() - shown, safe(group.findings[0]->kind, 60));
}

void TextReport::add_findings() {
  const std::vector<FindingGroup> groups = make_finding_groups(inspection_);
  if (groups.empty()) return;
  section("FINDINGS");
  std::optional<record::Severity> severity;
  for (const FindingGroup& group : groups) {
    if (severity != group.severity) {
      severity = group.severity;
      const auto count = std::ranges::count(inspection_.findings, group.severity, &record::Finding::severity);
      const Style style = group.severity >= record::Severity::high  ? Style::red
                          : group.severity >= record::Severity::low ? Style::yellow
                                                                    : Style::dim;
      out_ += fmt::format("  {}\n", paint(style, fmt::format("{} ({})", to_string(group.severity), count)));
    }
    add_finding_group(group);
  }
}

std::vector<Column> TextReport::with_states(std::vector<Column> before, std::vector<Column> after, bool is_number) const {
  for (const std::size_t i : state_indices_) {
    const std::string name(to_string(k_states[i]));
    const std::string title = width_ >= k_width_roomy ? name : std::string(1, char(name[0] - 32));
    before.push_back({title, std::max(3, int(title.size())), false, is_number});
  }
  before.insert(before.end(), after.begin(), after.end());
  return before;
}

template <class T, class Words>
void TextReport::add_state_cells(std::vector<Cell>& cells, const PerState<T>& states, Words words) {
  for (const std::size_t i : state_indices_) {
    if (states[i]) {
      cells.push_back(words(*states[i], k_states[i]));
    } else if (verdict_.is_established(k_states[i])) {
      cells.push_back({"-", Style::dim});
    } else {
      cells.push_back({"?", Style::yellow});
      has_unknown_ = true;
    }
  }
}

void TextReport::add_sightings(std::vector<Cell>& cells, const PerState<Sighting>& seen, Style style) {
  add_state_cells(cells, seen, [&](const Sighting& sighting, record::ConsentState state) {
    has_gone_ = has_gone_ || sighting.is_gone;
    return Cell{std::string(to_string(sighting.phase)) + (sighting.is_gone ? "*" : ""),
                state == record::ConsentState::accepted ? Style::plain : style};
  });
}

void TextReport::add_legend(bool has_phases) {
  std::vector<std::string> parts;
  if (width_ < k_width_roomy) {
    for (const std::size_t i : state_indices_) {
      const std::string_view name = to_string(k_states[i]);
      parts.push_back(fmt::format("{}={}", char(name[0] - 32), name));
    }
  }
  if (has_phases) parts.insert(parts.end(), {"S0=loaded", "S1=scrolled", "S2=chosen", "S3=reloaded"});
  if (has_gone_) parts.push_back("*=removed again");
  if (has_unknown_) parts.push_back("?=not established");
  has_gone_ = has_unknown_ = false;
  if (!parts.empty()) paragraph(k_indent, "", join(parts, "  "), Style::dim);
}

Style category_style(inspect::Category category) {
  if (needs_consent(category)) return Style::red;
  return category == inspect::Category::unknown ? Style::yellow : Style::plain;
}

void TextReport::add_cookies() {
  const std::vector<CookieRow> rows = make_cookie_rows(inspection_);
  if (rows.empty()) return;
  section(fmt::format("COOKIES ({})", rows.size()));
  Table cookies(with_states({{"name", 10}}, {{"party", 5}, {"category", 12}, {"lives", 7}, {"set by", 10, true}}, false));
  const std::size_t shown = std::min(rows.size(), k_table_rows_max);
  for (const CookieRow& row : std::span(rows).first(shown)) {
    const inspect::CookieVerdict& cookie = *row.cookie;
    const Style style = category_style(cookie.categorisation.category);
    const bool is_first_party = cookie.party == inspect::Party::first;
    const std::string domain = is_first_party ? "" : " @ " + safe(cookie.cookie.key.domain, 100);
    std::vector<Cell> cells = {{safe(cookie.cookie.key.name, 100) + domain}};
    add_sightings(cells, row.seen, style);
    cells.insert(cells.end(), {{is_first_party ? "1st" : "3rd"},
                               {category_words(cookie.categorisation), style},
                               {lifetime_words(cookie.lifetime_seconds)},
                               {set_by_words(cookie.set_by)}});
    cookies.add_row(std::move(cells));
  }
  table(cookies);
  add_left_out(rows.size() - shown, "cookies");
  add_legend(true);
}

void TextReport::add_third_parties() {
  const std::vector<ThirdPartyRow> rows = make_third_party_rows(inspection_);
  if (rows.empty()) return;
  section(fmt::format("THIRD PARTIES ({}), requests by state", rows.size()));
  Table parties(with_states({{"domain", 12, true}, {"owner", 10}}, {{"category", 11}, {"since", 5}}, true));
  const std::size_t shown = std::min(rows.size(), k_table_rows_max);
  for (const ThirdPartyRow& row : std::span(rows).first(shown)) {
    const inspect::ThirdParty& party = *row.party;
    std::vector<Cell> cells = {{safe(party.domain, 100)}, {owner_words(party.owner)}};
    add_state_cells(cells, row.requests,
                    [](std::uint64_t requests, record::ConsentState) { return Cell{std::to_string(requests)}; });
    const std::string category = category_words(party.categorisation);
    cells.push_back({party.is_tracker ? category + ", tracker" : category,
                     party.is_tracker ? Style::red : category_style(party.categorisation.category)});
    cells.push_back({std::string(to_string(party.first_phase))});
    parties.add_row(std::move(cells));
  }
  table(parties);
  add_left_out(rows.size() - shown, "third parties");
  add_legend(false);
}

void TextReport::add_storage() {
  const std::vector<StorageRow> rows = make_storage_rows(inspection_);
  if (rows.empty()) return;
  section(fmt::format("STORAGE ({})", rows.size()));
  Table storage(
      with_states({{"key", 10}, {"area", 8}, {"origin", 8, true}}, {{"category", 9}, {"size", 5}, {"set by", 10, true}}, false));
  const std::size_t shown = std::min(rows.size(), k_table_rows_max);
  for (const StorageRow& row : std::span(rows).first(shown)) {
    const inspect::StorageVerdict& verdict = *row.entry;
    const Style style = category_style(verdict.categorisation.category);
    std::vector<Cell> cells = {{safe(verdict.entry.key, 100)},
                               {std::string(to_string(verdict.entry.area))},
                               {safe(host_of(verdict.entry.origin), 100), Style::dim}};
    add_sightings(cells, row.seen, style);
    cells.insert(cells.end(), {{category_words(verdict.categorisation), style},
                               {format_bytes(Bytes{verdict.entry.value.size_bytes})},
                               {set_by_words(verdict.entry.writer)}});
    storage.add_row(std::move(cells));
  }
  table(storage);
  add_left_out(rows.size() - shown, "entries");
  add_legend(true);
}

/// By reason: a reason is a phrase, too long for a column of a narrow terminal.
void TextReport::add_blocked() {
  const std::vector<BlockedRow> rows = make_blocked_rows(inspection_);
  if (rows.empty()) return;
  section(fmt::format("COOKIES THAT THE BROWSER REFUSED ({})", rows.size()));
  std::vector<std::string> reasons;
  for (const BlockedRow& row : rows) {
    std::string reason = refusal_words(row.write->blocked_reasons);
    if (std::ranges::count(reasons, reason) == 0) reasons.push_back(std::move(reason));
  }
  std::size_t shown = 0;
  for (const std::string& reason : reasons) {
    if (shown == k_table_rows_max) break;
    paragraph(k_indent, "", reason + ":");
    Table blocked(with_states({{"name", 10}, {"domain", 8, true}}, {{"set by", 10, true}}, false));
    for (const BlockedRow& row : rows) {
      if (shown == k_table_rows_max || refusal_words(row.write->blocked_reasons) != reason) continue;
      ++shown;
      std::vector<Cell> cells = {{safe(row.write->cookie.key.name, 100)}, {safe(row.write->cookie.key.domain, 100), Style::dim}};
      add_sightings(cells, row.seen, Style::plain);
      cells.push_back({set_by_words(row.write->writer)});
      blocked.add_row(std::move(cells));
    }
    table(blocked);
  }
  add_left_out(rows.size() - shown, "refused cookies");
  add_legend(true);
}

void TextReport::add_signals(std::string_view title, const std::vector<SignalRow>& rows) {
  if (rows.empty()) return;
  section(fmt::format("{} ({})", title, rows.size()));
  const std::size_t shown = std::min(rows.size(), k_signals_max);
  for (const SignalRow& row : std::span(rows).first(shown)) {
    const std::string states = row.states.size() == state_indices_.size() ? "" : " (" + state_words(row.states) + ")";
    paragraph(k_indent, "· ", fmt::format("{}: {}{}", row.source, row.text, states));
  }
  add_left_out(rows.size() - shown, "of these");
}

void TextReport::add_pages() {
  const std::vector<PageRow> rows = make_page_rows(scan_);
  if (rows.empty()) return;
  section(fmt::format("PAGES ({})", rows.size()));
  Table pages(with_states({{"page", 14, true}}, {{"http", 4}, {"reason", 8}}, false));
  const std::size_t shown = std::min(rows.size(), k_table_rows_max);
  for (const PageRow& row : std::span(rows).first(shown)) {
    std::vector<Cell> cells = {{page_words(row.visit->requested_url, scan_.url)}};
    for (const std::size_t i : state_indices_) {
      const auto& status = row.status[i];
      cells.push_back(
          status ? Cell{std::string(to_string(*status)), *status == record::VisitStatus::ok ? Style::plain : Style::yellow}
                 : Cell{"-", Style::dim});
    }
    cells.push_back({row.visit->http_status > 0 ? std::to_string(row.visit->http_status) : "-"});
    cells.push_back({safe(row.visit->reason, 200)});
    pages.add_row(std::move(cells));
  }
  table(pages);
  add_left_out(rows.size() - shown, "pages");
}

void TextReport::add_how() {
  section("HOW IT WAS MEASURED");
  const auto line = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) paragraph(k_indent, fmt::format("{:<12}", name), value, Style::plain, Style::dim);
  };
  const record::How& how = scan_.how;
  line("Gannet", safe(how.gannet_version, 60));
  line("browser", safe(how.browser, 100) + (how.viewport.empty() ? "" : ", viewport " + safe(how.viewport, 40)) +
                      (how.is_sandboxed ? "" : ", without its sandbox"));
  line("user agent", safe(how.user_agent, 300));
  line("cookies", how.third_party_cookies.empty() ? "" : "third-party cookies: " + safe(how.third_party_cookies, 40));
  line("proxy", safe(how.proxy, 200));
  line("certificate", certificate_words(scan_));
  for (const std::size_t i : state_indices_) line(to_string(k_states[i]), choice_words(find_state(scan_, k_states[i])->consent));
  std::vector<std::string> datasets;
  for (const inspect::DatasetUse& dataset : inspection_.datasets)
    datasets.push_back(
        fmt::format("{} {} ({})", safe(dataset.name, 80), safe(dataset.version, 40), safe(dataset.hash.substr(0, 12), 40)));
  line("data sets", datasets.empty() ? "none" : join(datasets, ", "));
  line("scan id", scan_.id.to_string());
}

}  // namespace

std::string scan_text(const record::ScanRecord& scan, const inspect::Inspection& inspection, TextOptions options) {
  return TextReport(scan, inspection, options).write();
}

}  // namespace gannet::report
