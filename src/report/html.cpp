#include "report/html.hpp"

#include <algorithm>
#include <span>

#include <fmt/format.h>

#include "base/text.hpp"
#include "base/units.hpp"
#include "report/document.hpp"
#include "report/impl/change_lines.hpp"
#include "report/impl/rows.hpp"
#include "report/impl/style.hpp"
#include "report/impl/words.hpp"
#include "report/verdict.hpp"

namespace gannet::report {
namespace {

std::string_view css_class(VerdictKind kind) {
  switch (kind) {
    case VerdictKind::failed:
    case VerdictKind::problems: return "bad";
    case VerdictKind::undetermined:
    case VerdictKind::review: return "open";
    case VerdictKind::clean: return "good";
  }
  return "";
}

std::string_view css_class(record::Severity severity) {
  if (severity >= record::Severity::high) return "bad";
  return severity >= record::Severity::low ? "open" : "calm";
}

std::string_view css_class(inspect::Category category) {
  if (needs_consent(category)) return "bad";
  return category == inspect::Category::unknown ? "open" : "calm";
}

std::string_view css_class(Style style) {
  switch (style) {
    case Style::red: return "bad";
    case Style::yellow: return "open";
    case Style::green: return "good";
    case Style::plain:
    case Style::bold:
    case Style::dim: break;
  }
  return "calm";
}

/// A table cell; its texts are not escaped yet.
struct Cell {
  std::string text;
  std::string_view css_class;
  /// A second, smaller line; may be empty.
  std::string note = {};
};

/// One report being written. A section is a member function that adds elements to `out_`.
class HtmlReport {
 public:
  HtmlReport(const record::ScanRecord& scan, const inspect::Inspection& inspection, const change::Comparison* since_baseline)
      : scan_(scan), inspection_(inspection), since_baseline_(since_baseline), verdict_(make_verdict(scan, inspection)) {
    for (std::size_t i = 0; i < k_states.size(); ++i)
      if (find_state(scan, k_states[i])) state_indices_.push_back(i);
  }

  std::string write() && {
    add_head();
    add_verdict();
    add_gaps();
    add_since_baseline();
    add_findings();
    add_cookies();
    add_third_parties();
    add_storage();
    add_blocked();
    add_pages();
    add_how();
    out_ += "</main>\n</body>\n</html>\n";
    return std::move(out_);
  }

 private:
  void add_head();
  void add_verdict();
  void add_gaps();
  void add_since_baseline();
  void add_findings();
  void add_finding(const record::Finding& finding);
  void add_evidence(const record::Evidence& evidence);
  void add_cookies();
  void add_third_parties();
  void add_storage();
  void add_blocked();
  void add_pages();
  void add_how();

  /// <name class>text</name>, the text escaped.
  void element(std::string_view name, std::string_view css_class, std::string_view text);
  void section(std::string_view title) { element("h2", "", title); }
  void begin_table(std::vector<std::string> before, std::vector<std::string> after);
  void row(const std::vector<Cell>& cells);
  void end_table() { out_ += "</tbody></table></div>\n"; }
  void legend() {
    element("p", "legend", "S0 loaded · S1 scrolled · S2 choice made · S3 reloaded · – not there · ? not established");
  }
  template <class T, class Words>
  void add_state_cells(std::vector<Cell>& cells, const PerState<T>& states, Words words) const;
  /// Where it was accepted nothing is marked: what is there may be there.
  void add_sightings(std::vector<Cell>& cells, const PerState<Sighting>& seen, std::string_view css_class) const;

  const record::ScanRecord& scan_;
  const inspect::Inspection& inspection_;
  const change::Comparison* since_baseline_;
  const Verdict verdict_;
  std::vector<std::size_t> state_indices_;
  std::string out_;
};

void HtmlReport::element(std::string_view name, std::string_view css_class, std::string_view text) {
  out_ += css_class.empty() ? fmt::format("<{}>", name) : fmt::format("<{} class=\"{}\">", name, css_class);
  out_ += escape_html(text);
  out_ += fmt::format("</{}>\n", name);
}

void HtmlReport::add_head() {
  out_ += "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";
  out_ +=
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">\n";
  out_ +=
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light "
      "dark\">\n";
  element("title", "", "Gannet: " + safe(scan_.url, 200));
  out_ += fmt::format("<style>{}</style>\n</head>\n<body>\n<main>\n", k_report_style);
}

void HtmlReport::add_verdict() {
  out_ += fmt::format("<header class=\"verdict {}\">\n", css_class(verdict_.kind));
  element("p", "site", safe(scan_.url, 400));
  element("h1", "", verdict_.headline + ".");
  if (!verdict_.detail.empty()) element("p", "", verdict_.detail + ".");
  const std::string when = format_instant(scan_.started_at);
  std::vector<std::string> states;
  for (const std::size_t i : state_indices_) states.emplace_back(to_string(k_states[i]));
  element("p", "when",
          fmt::format("{} {} UTC · {} · {}", when.substr(0, 10), when.substr(11, 5), format_duration(duration_of(scan_)),
                      states.empty() ? "no state visited" : join(states, ", ")));
  out_ += "</header>\n";
}

void HtmlReport::add_gaps() {
  if (verdict_.gaps.empty()) return;
  section(verdict_.has_blocking_gap() ? "Could not be established" : "Worth knowing");
  out_ += "<ul class=\"gaps\">\n";
  for (const Gap& gap : verdict_.gaps) {
    out_ += fmt::format("<li class=\"{}\"><b>{}</b> {}</li>\n", gap.is_blocking ? "open" : "calm",
                        gap.state ? to_string(*gap.state) : "scan", escape_html(gap.text));
  }
  out_ += "</ul>\n";
}

void HtmlReport::add_since_baseline() {
  if (!since_baseline_) return;
  section("Since the baseline");
  element("p", since_baseline_->has_differences() ? "open" : "good", change_headline(*since_baseline_) + ".");
  element("p", "when", "Baseline: " + scan_words(since_baseline_->before));
  for (const ChangeSection& changes : make_change_sections(*since_baseline_)) {
    element("h3", "", changes.title);
    out_ += "<ul class=\"gaps\">\n";
    for (const ChangeLine& line : changes.lines) element("li", css_class(line.style), fmt::format("{} {}", line.mark, line.text));
    out_ += "</ul>\n";
  }
}

void HtmlReport::add_evidence(const record::Evidence& evidence) {
  out_ += "<div class=\"evidence\">";
  element("span", "", fmt::format("{}: {}", when_words(evidence), safe(evidence.text)));
  if (evidence.page_url != scan_.url) element("span", "", " on " + page_words(evidence.page_url, scan_.url));
  if (!evidence.stack.empty()) {
    out_ += "<details><summary>call stack</summary><ol>\n";
    for (const record::StackFrame& frame : std::span(evidence.stack).first(std::min(evidence.stack.size(), k_stack_frames_max))) {
      element("li", "",
              fmt::format("{} {}:{}:{}", frame.function.empty() ? "(anonymous)" : safe(frame.function, 120), safe(frame.url, 300),
                          frame.line, frame.column));
    }
    out_ += "</ol></details>\n";
  }
  out_ += "</div>\n";
}

void HtmlReport::add_finding(const record::Finding& finding) {
  out_ += fmt::format("<article class=\"{}\">\n", css_class(finding.severity));
  element("h3", "", safe(finding.title));
  element("p", "tags",
          fmt::format("{} · {} · {}", to_string(finding.severity), to_string(finding.confidence), safe(finding.kind, 100)));
  for (const record::Evidence& evidence : finding.evidence) add_evidence(evidence);
  if (finding.evidence.empty()) element("p", "evidence", "no evidence recorded");
  if (!finding.advice.empty()) element("p", "advice", safe(finding.advice));
  out_ += "</article>\n";
}

void HtmlReport::add_findings() {
  if (inspection_.findings.empty()) return;
  section(fmt::format("Findings ({})", inspection_.findings.size()));
  for (const FindingGroup& group : make_finding_groups(inspection_))
    for (const record::Finding* finding : group.findings) add_finding(*finding);
}

void HtmlReport::begin_table(std::vector<std::string> before, std::vector<std::string> after) {
  for (const std::size_t i : state_indices_) before.emplace_back(to_string(k_states[i]));
  before.insert(before.end(), after.begin(), after.end());
  out_ += "<div class=\"scroll\" tabindex=\"0\"><table><thead><tr>";
  for (const std::string& title : before) out_ += fmt::format("<th scope=\"col\">{}</th>", escape_html(title));
  out_ += "</tr></thead><tbody>\n";
}

void HtmlReport::row(const std::vector<Cell>& cells) {
  out_ += "<tr>";
  for (const Cell& cell : cells) {
    out_ += cell.css_class.empty() ? "<td>" : fmt::format("<td class=\"{}\">", cell.css_class);
    out_ += escape_html(cell.text);
    if (!cell.note.empty()) out_ += "<small>" + escape_html(cell.note) + "</small>";
    out_ += "</td>";
  }
  out_ += "</tr>\n";
}

template <class T, class Words>
void HtmlReport::add_state_cells(std::vector<Cell>& cells, const PerState<T>& states, Words words) const {
  for (const std::size_t i : state_indices_) {
    if (states[i])
      cells.push_back(words(*states[i], k_states[i]));
    else if (verdict_.is_established(k_states[i]))
      cells.push_back({"–", "calm"});
    else
      cells.push_back({"?", "open"});
  }
}

void HtmlReport::add_sightings(std::vector<Cell>& cells, const PerState<Sighting>& seen, std::string_view css_class) const {
  add_state_cells(cells, seen, [css_class](const Sighting& sighting, record::ConsentState state) {
    return Cell{std::string(to_string(sighting.phase)), state == record::ConsentState::accepted ? "" : css_class,
                sighting.is_gone ? "removed again" : ""};
  });
}

void HtmlReport::add_cookies() {
  const std::vector<CookieRow> rows = make_cookie_rows(inspection_);
  if (rows.empty()) return;
  section(fmt::format("Cookies ({})", rows.size()));
  begin_table({"name"}, {"party", "category", "lives", "set by"});
  for (const CookieRow& cookie_row : rows) {
    const inspect::CookieVerdict& cookie = *cookie_row.cookie;
    const std::string_view style = css_class(cookie.categorisation.category);
    std::vector<Cell> cells;
    cells.push_back({safe(cookie.cookie.key.name, 200), "name", safe(cookie.cookie.key.domain, 200)});
    add_sightings(cells, cookie_row.seen, style);
    cells.push_back({std::string(to_string(cookie.party)), ""});
    cells.push_back({category_words(cookie.categorisation), style});
    cells.push_back({lifetime_words(cookie.lifetime_seconds), ""});
    cells.push_back({set_by_words(cookie.set_by), "name", owner_words(cookie.owner)});
    row(cells);
  }
  end_table();
  legend();
}

void HtmlReport::add_third_parties() {
  const std::vector<ThirdPartyRow> rows = make_third_party_rows(inspection_);
  if (rows.empty()) return;
  section(fmt::format("Third parties ({}), requests by state", rows.size()));
  begin_table({"domain"}, {"category", "since", "received", "cookies"});
  for (const ThirdPartyRow& party_row : rows) {
    const inspect::ThirdParty& party = *party_row.party;
    std::vector<Cell> cells;
    cells.push_back({safe(party.domain, 200), "name", owner_words(party.owner)});
    add_state_cells(cells, party_row.requests,
                    [](std::uint64_t requests, record::ConsentState) { return Cell{std::to_string(requests), ""}; });
    cells.push_back({category_words(party.categorisation) + (party.is_tracker ? ", tracker" : ""),
                     party.is_tracker ? "bad" : css_class(party.categorisation.category)});
    cells.push_back({std::string(to_string(party.first_phase)), ""});
    cells.push_back({format_bytes(Bytes{party.transferred_bytes}), ""});
    cells.push_back({safe(join(party.cookie_names, ", "), 200), "name"});
    row(cells);
  }
  end_table();
}

void HtmlReport::add_storage() {
  const std::vector<StorageRow> rows = make_storage_rows(inspection_);
  if (rows.empty()) return;
  section(fmt::format("Storage ({})", rows.size()));
  begin_table({"key", "area"}, {"category", "size", "set by"});
  for (const StorageRow& storage_row : rows) {
    const inspect::StorageVerdict& verdict = *storage_row.entry;
    const std::string_view style = css_class(verdict.categorisation.category);
    std::vector<Cell> cells;
    cells.push_back({safe(verdict.entry.key, 200), "name", safe(verdict.entry.origin, 200)});
    cells.push_back({std::string(to_string(verdict.entry.area)), ""});
    add_sightings(cells, storage_row.seen, style);
    cells.push_back({category_words(verdict.categorisation), style});
    cells.push_back({format_bytes(Bytes{verdict.entry.value.size_bytes}), ""});
    cells.push_back({set_by_words(verdict.entry.writer), "name"});
    row(cells);
  }
  end_table();
  legend();
}

void HtmlReport::add_blocked() {
  const std::vector<BlockedRow> rows = make_blocked_rows(inspection_);
  if (rows.empty()) return;
  section(fmt::format("Cookies that the browser refused ({})", rows.size()));
  begin_table({"name"}, {"reason", "set by"});
  for (const BlockedRow& blocked : rows) {
    std::vector<Cell> cells;
    cells.push_back({safe(blocked.write->cookie.key.name, 200), "name", safe(blocked.write->cookie.key.domain, 200)});
    add_sightings(cells, blocked.seen, "");
    cells.push_back({safe(join(blocked.write->blocked_reasons, ", "), 200), ""});
    cells.push_back({set_by_words(blocked.write->writer), "name"});
    row(cells);
  }
  end_table();
}

void HtmlReport::add_pages() {
  const std::vector<PageRow> rows = make_page_rows(scan_);
  if (rows.empty()) return;
  section(fmt::format("Pages ({})", rows.size()));
  begin_table({"page"}, {"HTTP", "reason"});
  for (const PageRow& page : rows) {
    std::vector<Cell> cells;
    cells.push_back({page_words(page.visit->requested_url, scan_.url), "name", safe(page.visit->title, 120)});
    for (const std::size_t i : state_indices_) {
      const auto& status = page.status[i];
      cells.push_back(status ? Cell{std::string(to_string(*status)), *status == record::VisitStatus::ok ? "" : "open"}
                             : Cell{"–", "calm"});
    }
    cells.push_back({page.visit->http_status > 0 ? std::to_string(page.visit->http_status) : "–", ""});
    cells.push_back({safe(page.visit->reason, 200), "name"});
    row(cells);
  }
  end_table();
}

void HtmlReport::add_how() {
  section("How it was measured");
  out_ += "<dl>\n";
  const auto line = [&](std::string_view name, const std::string& value) {
    if (value.empty()) return;
    element("dt", "", name);
    element("dd", "", value);
  };
  const record::How& how = scan_.how;
  line("Gannet", safe(how.gannet_version, 60));
  line("browser", safe(how.browser, 100) + (how.is_sandboxed ? "" : ", without its sandbox"));
  line("viewport", safe(how.viewport, 40));
  line("user agent", safe(how.user_agent, 300));
  line("third-party cookies", safe(how.third_party_cookies, 40));
  line("proxy", safe(how.proxy, 200));
  for (const std::size_t i : state_indices_) line(to_string(k_states[i]), choice_words(find_state(scan_, k_states[i])->consent));
  for (const inspect::DatasetUse& dataset : inspection_.datasets)
    line("data set", fmt::format("{} {} ({})", safe(dataset.name, 80), safe(dataset.version, 40), safe(dataset.hash, 80)));
  line("scan id", scan_.id.to_string());
  out_ += "</dl>\n";
}

}  // namespace

std::string escape_html(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string scan_html(const record::ScanRecord& scan, const inspect::Inspection& inspection,
                      const change::Comparison* since_baseline) {
  return HtmlReport(scan, inspection, since_baseline).write();
}

}  // namespace gannet::report
