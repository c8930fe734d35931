#include "report/policy.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>

#include <fmt/format.h>

#include "base/text.hpp"
#include "inspect/inventory.hpp"
#include "report/html.hpp"
#include "report/impl/words.hpp"
#include "report/verdict.hpp"

namespace gannet::report {
namespace {

using inspect::Category;
using inspect::InventoryItem;

struct Group {
  Category category;
  std::string_view title;
  std::string_view intro;
};

/// `unknown` stands for all that wants a person's decision.
constexpr std::array<Group, 5> k_groups = {{
    {.category = Category::necessary, .title = "Necessary", .intro = "Needed for the site to work. They need no consent."},
    {.category = Category::functional, .title = "Functional", .intro = "Remember choices, such as a language."},
    {.category = Category::analytics, .title = "Analytics", .intro = "Measure how the site is used."},
    {.category = Category::advertising, .title = "Advertising", .intro = "Show advertisements and measure their effect."},
    {.category = Category::unknown,
     .title = "Needs review",
     .intro = "Nobody has decided on the purpose of these yet. Decide before this policy is published."},
}};

using Row = std::vector<std::string>;

/// Texts given in are printable and not escaped.
class Markup {
 public:
  virtual ~Markup() = default;
  virtual void add_heading(int level, std::string_view text) = 0;
  virtual void add_paragraph(std::string_view text) = 0;
  virtual void add_list(const std::vector<std::string>& items) = 0;
  virtual void add_table(const Row& header, const std::vector<Row>& rows) = 0;
  virtual std::string take() = 0;
};

class Markdown final : public Markup {
 public:
  void add_heading(int level, std::string_view text) override {
    out_ += std::string(std::size_t(level), '#') + " " + escape_markdown(text) + "\n\n";
  }
  void add_paragraph(std::string_view text) override { out_ += escape_markdown(text) + "\n\n"; }
  void add_list(const std::vector<std::string>& items) override {
    for (const std::string& item : items) out_ += "- " + escape_markdown(item) + "\n";
    out_ += "\n";
  }
  void add_table(const Row& header, const std::vector<Row>& rows) override {
    add_row(header);
    for (std::size_t i = 0; i < header.size(); ++i) out_ += "|---";
    out_ += "|\n";
    for (const Row& row : rows) add_row(row);
    out_ += "\n";
  }
  std::string take() override { return std::move(out_); }

 private:
  void add_row(const Row& row) {
    for (const std::string& cell : row) out_ += "| " + escape_markdown(cell) + " ";
    out_ += "|\n";
  }
  std::string out_;
};

class Html final : public Markup {
 public:
  void add_heading(int level, std::string_view text) override { add_element(fmt::format("h{}", level), text); }
  void add_paragraph(std::string_view text) override { add_element("p", text); }
  void add_list(const std::vector<std::string>& items) override {
    out_ += "<ul>\n";
    for (const std::string& item : items) add_element("li", item);
    out_ += "</ul>\n";
  }
  void add_table(const Row& header, const std::vector<Row>& rows) override {
    out_ += "<table>\n<thead><tr>";
    for (const std::string& cell : header) out_ += "<th scope=\"col\">" + escape_html(cell) + "</th>";
    out_ += "</tr></thead>\n<tbody>\n";
    for (const Row& row : rows) {
      out_ += "<tr>";
      for (const std::string& cell : row) out_ += "<td>" + escape_html(cell) + "</td>";
      out_ += "</tr>\n";
    }
    out_ += "</tbody>\n</table>\n";
  }
  std::string take() override { return "<section lang=\"en\">\n" + std::move(out_) + "</section>\n"; }

 private:
  void add_element(std::string_view name, std::string_view text) {
    out_ += fmt::format("<{0}>{1}</{0}>\n", name, escape_html(text));
  }
  std::string out_;
};

bool is_decided(const InventoryItem& item) {
  return item.categorisation.category != Category::unknown && item.categorisation.confidence != record::Confidence::unsure;
}

std::string purpose_words(const InventoryItem& item) {
  const auto& known = item.categorisation;
  if (is_decided(item)) return safe(!known.description.empty() ? known.description : known.platform, 300);
  if (known.category == Category::unknown) return "unknown: needs review";
  return fmt::format("needs review; perhaps {}: {}", to_string(known.category), safe(known.rule, 200));
}

std::string provider_words(const InventoryItem& item) {
  const std::string owner = owner_words(item.owner);
  const std::string domain = safe(item.domain, 100);
  return owner.empty() ? domain : fmt::format("{}, {}", owner, domain);
}

std::string kept_words(const InventoryItem& item) {
  if (!item.area) return policy_lifetime(item.declared_lifetime_seconds ? item.declared_lifetime_seconds : item.lifetime_seconds);
  return *item.area == record::StorageArea::session ? "Until the tab is closed" : "Until deleted";
}

std::string kind_words(const InventoryItem& item) {
  if (!item.area) return "cookie";
  switch (*item.area) {
    case record::StorageArea::local: return "local storage";
    case record::StorageArea::session: return "session storage";
    case record::StorageArea::indexed_db: return "IndexedDB";
    case record::StorageArea::cache: return "cache storage";
    case record::StorageArea::service_worker: return "service worker";
  }
  return "";
}

void add_warnings(Markup& out, const Verdict& verdict) {
  std::vector<std::string> gaps;
  for (const Gap& gap : verdict.gaps) {
    if (gap.is_blocking) gaps.push_back((gap.state ? fmt::format("{}: ", to_string(*gap.state)) : "") + gap.text);
  }
  if (!verdict.is_established(record::ConsentState::accepted)) {
    gaps.emplace_back("The site was not seen in full with consent given, so what it stores only then may be missing");
  }
  if (gaps.empty()) return;
  out.add_paragraph("Warning: the scan did not see everything, so this list may be incomplete. Do not publish it as it is.");
  out.add_list(gaps);
}

void add_groups(Markup& out, const std::vector<InventoryItem>& items) {
  for (const Group& group : k_groups) {
    std::vector<Row> rows;
    for (const InventoryItem& item : items) {
      const Category category = is_decided(item) ? item.categorisation.category : Category::unknown;
      if (category != group.category) continue;
      rows.push_back({safe(item.name, 200), provider_words(item), purpose_words(item), kept_words(item), kind_words(item),
                      item.party == inspect::Party::first ? "first party" : "third party"});
    }
    if (rows.empty()) continue;
    out.add_heading(3, group.title);
    out.add_paragraph(group.intro);
    out.add_table({"Name", "Provider", "Purpose", "Kept for", "Kind", "Party"}, rows);
  }
  if (items.empty()) out.add_paragraph("The scan saw no cookie and no stored data.");
}

bool is_markdown_special(char c) { return std::string_view("\\`*_{}[]()<>#+!~^$=").contains(c); }

bool ends_in_www(std::string_view text) { return text.size() >= 3 && equals_ignoring_case(text.substr(text.size() - 3), "www"); }

}  // namespace

std::string escape_markdown(std::string_view text) {
  // GitHub makes links of bare addresses even where a character of them is escaped; a comment within tears them apart.
  constexpr std::string_view k_tear = "<!-- -->";
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    switch (c) {
      case '&': out += "&amp;"; continue;
      case '<': out += "&lt;"; continue;
      case '>': out += "&gt;"; continue;
      // A backslash does not do within a table.
      case '|': out += "&#124;"; continue;
      case '@': out.append(k_tear).append("@").append(k_tear); continue;
      case '-': out += i == 0 ? "\\-" : "-"; continue;
      case '\n':
      case '\r': out += ' '; continue;
      default: break;
    }
    if (c == ':' && text.substr(i).starts_with("://")) out += k_tear;
    if (c == '.' && ends_in_www(text.substr(0, i))) out += k_tear;
    // "1. " at the start of a paragraph would be a list.
    if (is_markdown_special(c) ||
        (c == '.' && i < 10 && text.substr(0, i).find_first_not_of("0123456789") == std::string_view::npos))
      out += '\\';
    out += c;
  }
  return out;
}

std::string policy_lifetime(std::optional<std::int64_t> lifetime_seconds) {
  struct Unit {
    double seconds;
    std::string_view singular, plural;
  };
  constexpr double k_day = 86'400, k_year = 365.2425 * k_day;
  constexpr std::array<Unit, 6> k_units = {{{.seconds = k_year, .singular = "year", .plural = "years"},
                                            {.seconds = k_year / 12, .singular = "month", .plural = "months"},
                                            {.seconds = k_day, .singular = "day", .plural = "days"},
                                            {.seconds = 3600, .singular = "hour", .plural = "hours"},
                                            {.seconds = 60, .singular = "minute", .plural = "minutes"},
                                            {.seconds = 1, .singular = "second", .plural = "seconds"}}};
  // The largest unit that says it within a hundredth: 395 days are 13 months, 400 days stay.
  constexpr double k_error_max = 0.01;
  if (!lifetime_seconds) return "Until the browser is closed";
  const auto seconds = double(std::max<std::int64_t>(*lifetime_seconds, 0));
  if (seconds > 100 * k_year) return "More than 100 years";
  for (const Unit& unit : k_units) {
    const double count = std::round(seconds / unit.seconds);
    if (count >= 1 && std::abs(count * unit.seconds - seconds) <= k_error_max * seconds)
      return count_words(std::size_t(count), unit.singular, unit.plural);
  }
  return "0 seconds";
}

std::string cookie_policy(const record::ScanRecord& scan, const inspect::Inspection& inspection, PolicyFormat format) {
  const std::unique_ptr<Markup> out =
      format == PolicyFormat::html ? std::unique_ptr<Markup>(std::make_unique<Html>()) : std::make_unique<Markdown>();
  out->add_heading(2, "Cookies and stored data");
  add_warnings(*out, make_verdict(scan, inspection));
  add_groups(*out, inspect::make_inventory(inspection));
  std::size_t visits = 0;
  for (const auto& state : scan.states) visits += state.visits.size();
  out->add_paragraph(
      fmt::format("Seen by Gannet {} on {} UTC at {} ({}, scan {}).", safe(scan.how.gannet_version, 40),
                  format_instant(scan.started_at).substr(0, 10) + " " + format_instant(scan.started_at).substr(11, 5),
                  safe(scan.url, 300), count_words(visits, "visit", "visits"), scan.id.to_string()));
  return out->take();
}

}  // namespace gannet::report
