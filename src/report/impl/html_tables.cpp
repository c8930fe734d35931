#include <algorithm>
#include <span>

#include <fmt/format.h>

#include "base/text.hpp"
#include "base/units.hpp"
#include "report/impl/html_report.hpp"
#include "report/impl/signals.hpp"
#include "report/impl/words.hpp"

namespace gannet::report {
namespace {

/// Rows that stand in the open before the rest is folded; a few more are shown rather than folded.
constexpr std::size_t k_open_rows = 20;
constexpr std::size_t k_open_rows_slack = 5;

}  // namespace

std::string_view css_class_of(inspect::Category category) {
  if (needs_consent(category)) return "bad";
  return category == inspect::Category::unknown ? "open" : "calm";
}

/// On a phone each row is a card, whose lines begin with the titles.
void HtmlReport::plain_table(std::span<const std::string> titles, std::span<const Row> rows) {
  out_ += "<div class=\"scroll\" tabindex=\"0\"><table><thead><tr>";
  for (const std::string& title : titles) out_ += fmt::format("<th scope=\"col\">{}</th>", escape_html(title));
  out_ += "</tr></thead><tbody>\n";
  for (const Row& cells : rows) {
    out_ += "<tr>";
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const Cell& cell = cells[i];
      out_ += fmt::format("<td data-title=\"{}\"", escape_html(titles[i]));
      out_ += cell.css_class.empty() ? ">" : fmt::format(" class=\"{}\">", cell.css_class);
      out_ += escape_html(cell.text);
      if (!cell.note.empty()) out_ += "<small>" + escape_html(cell.note) + "</small>";
      if (cell.stack) add_stack(*cell.stack);
      out_ += "</td>";
    }
    out_ += "</tr>\n";
  }
  out_ += "</tbody></table></div>\n";
}

void HtmlReport::table(const TableTitles& titles, const std::vector<Row>& rows, std::string_view what) {
  std::vector<std::string> all_titles = titles.before_states;
  for (const std::size_t i : state_indices_) all_titles.emplace_back(to_string(k_states[i]));
  all_titles.insert(all_titles.end(), titles.after_states.begin(), titles.after_states.end());
  const std::size_t open = rows.size() > k_open_rows + k_open_rows_slack ? k_open_rows : rows.size();
  plain_table(all_titles, std::span(rows).first(open));
  if (open == rows.size()) return;
  out_ += fmt::format("<details class=\"rest\"><summary>and {} more {}</summary>\n", rows.size() - open, what);
  plain_table(all_titles, std::span(rows).subspan(open));
  out_ += "</details>\n";
}

void HtmlReport::legend() {
  element("p", "legend",
          "When it appeared: S0 while loading · S1 after scrolling · S2 after the choice · S3 after reloading · – not there · "
          "? not established");
}

template <class T, class Words>
void HtmlReport::add_state_cells(Row& cells, const PerState<T>& states, Words words) const {
  for (const std::size_t i : state_indices_) {
    if (states[i])
      cells.push_back(words(*states[i], k_states[i]));
    else if (verdict_.is_established(k_states[i]))
      cells.push_back({"–", "calm"});
    else
      cells.push_back({"?", "open"});
  }
}

void HtmlReport::add_sightings(Row& cells, const PerState<Sighting>& seen, std::string_view css_class) const {
  add_state_cells(cells, seen, [css_class](const Sighting& sighting, record::ConsentState state) {
    return Cell{std::string(to_string(sighting.phase)), state == record::ConsentState::accepted ? "" : css_class,
                sighting.is_gone ? "removed again" : ""};
  });
}

void HtmlReport::add_cookies() {
  const std::vector<CookieRow> cookie_rows = make_cookie_rows(inspection_);
  if (cookie_rows.empty()) return;
  section(fmt::format("Cookies ({})", cookie_rows.size()));
  std::vector<Row> rows;
  for (const CookieRow& cookie_row : cookie_rows) {
    const inspect::CookieVerdict& cookie = *cookie_row.cookie;
    const std::string_view style = css_class_of(cookie.categorisation.category);
    Row cells = {
        {safe(cookie.cookie.key.name, 200), "name",
         fmt::format("{}{}", safe(cookie.cookie.key.domain, 200), cookie.party == inspect::Party::third ? ", third party" : "")}};
    add_sightings(cells, cookie_row.seen, style);
    cells.push_back({category_words(cookie.categorisation), style, safe(cookie.categorisation.source, 60)});
    cells.push_back({lifetime_words(cookie.lifetime_seconds), ""});
    cells.push_back({set_by_words(cookie.set_by), "name", owner_words(cookie.owner),
                     cookie.set_by.stack.empty() ? nullptr : &cookie.set_by.stack});
    rows.push_back(std::move(cells));
  }
  table({{"name"}, {"category", "lives", "set by"}}, rows, "cookies");
  legend();
}

void HtmlReport::add_owners() {
  const std::vector<OwnerRow> owner_rows = make_owner_rows(inspection_);
  if (owner_rows.empty()) return;
  section(fmt::format("Who else was contacted ({}), requests by state", owner_rows.size()));
  std::vector<Row> rows;
  for (const OwnerRow& owner : owner_rows) {
    const std::string domains = handful_words(owner.domains);
    Row cells = {{owner.name.empty() ? domains : owner.name, "name", owner.name.empty() ? "" : domains}};
    add_state_cells(cells, owner.requests,
                    [](std::uint64_t requests, record::ConsentState) { return Cell{std::to_string(requests), ""}; });
    cells.push_back({owner.category, owner.is_tracker ? "bad" : "calm", owner.is_tracker ? "tracker" : ""});
    cells.push_back({std::string(to_string(owner.first_phase)), ""});
    cells.push_back({format_bytes(Bytes{owner.transferred_bytes}), ""});
    cells.push_back({safe(join(owner.cookie_names, ", "), 200), "name"});
    rows.push_back(std::move(cells));
  }
  table({{"who"}, {"category", "since", "received in all", "cookies"}}, rows, "others");
}

void HtmlReport::add_storage() {
  const std::vector<StorageRow> storage_rows = make_storage_rows(inspection_);
  if (storage_rows.empty()) return;
  section(fmt::format("Storage ({})", storage_rows.size()));
  std::vector<Row> rows;
  for (const StorageRow& storage_row : storage_rows) {
    const inspect::StorageVerdict& verdict = *storage_row.entry;
    const std::string_view style = css_class_of(verdict.categorisation.category);
    Row cells = {{safe(verdict.entry.key, 200), "name", safe(verdict.entry.origin, 200)}};
    cells.push_back({std::string(to_string(verdict.entry.area)), ""});
    add_sightings(cells, storage_row.seen, style);
    cells.push_back({category_words(verdict.categorisation), style, safe(verdict.categorisation.source, 60)});
    cells.push_back({format_bytes(Bytes{verdict.entry.value.size_bytes}), ""});
    cells.push_back({set_by_words(verdict.entry.writer), "name", owner_words(verdict.owner),
                     verdict.entry.writer.stack.empty() ? nullptr : &verdict.entry.writer.stack});
    rows.push_back(std::move(cells));
  }
  table({{"key", "area"}, {"category", "size", "set by"}}, rows, "entries");
  legend();
}

void HtmlReport::add_blocked() {
  const std::vector<BlockedRow> blocked_rows = make_blocked_rows(inspection_);
  if (blocked_rows.empty()) return;
  section(fmt::format("Cookies that the browser refused ({})", blocked_rows.size()));
  std::vector<Row> rows;
  for (const BlockedRow& blocked : blocked_rows) {
    Row cells = {{safe(blocked.write->cookie.key.name, 200), "name", safe(blocked.write->cookie.key.domain, 200)}};
    add_sightings(cells, blocked.seen, "");
    cells.push_back(
        {refusal_words(blocked.write->blocked_reasons), "name", safe(join(blocked.write->blocked_reasons, ", "), 200)});
    cells.push_back({set_by_words(blocked.write->writer), "name"});
    rows.push_back(std::move(cells));
  }
  table({{"name"}, {"reason", "set by"}}, rows, "refused cookies");
}

void HtmlReport::add_signals() {
  const std::vector<SignalRow> signals = make_consent_signal_rows(scan_);
  if (signals.empty()) return;
  element("h3", "", "What the site itself says about consent");
  std::vector<Row> rows;
  for (const SignalRow& signal : signals)
    rows.push_back({{signal.source, "name"}, {signal.text, "long"}, {state_words(signal.states), "name"}});
  plain_table(std::vector<std::string>{"where", "what", "states"}, rows);
}

void HtmlReport::add_facts() {
  const std::vector<SignalRow> facts = make_fact_rows(scan_);
  if (facts.empty()) return;
  section(fmt::format("What else happened ({})", facts.size()));
  std::vector<Row> rows;
  for (const SignalRow& fact : facts)
    rows.push_back(
        {{fact.source, "name"}, {fact.text, "long"}, {std::to_string(fact.count), ""}, {state_words(fact.states), "name"}});
  plain_table(std::vector<std::string>{"what", "detail", "times", "states"}, rows);
}

void HtmlReport::add_pages() {
  const std::vector<PageRow> page_rows = make_page_rows(scan_);
  if (page_rows.empty()) return;
  section(fmt::format("Pages ({})", page_rows.size()));
  std::vector<Row> rows;
  for (const PageRow& page : page_rows) {
    Row cells = {{page_words(page.visit->requested_url, scan_.url), "name", safe(page.visit->title, 120)}};
    for (const std::size_t i : state_indices_) {
      const auto& status = page.status[i];
      cells.push_back(status ? Cell{std::string(to_string(*status)), *status == record::VisitStatus::ok ? "" : "open"}
                             : Cell{"–", "calm"});
    }
    cells.push_back({page.visit->http_status > 0 ? std::to_string(page.visit->http_status) : "–", ""});
    cells.push_back({safe(page.visit->reason, 200), "name"});
    rows.push_back(std::move(cells));
  }
  table({{"page"}, {"HTTP", "reason"}}, rows, "pages");
}

}  // namespace gannet::report
