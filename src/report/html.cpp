#include "report/html.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "report/document.hpp"
#include "report/impl/change_lines.hpp"
#include "report/impl/html_report.hpp"
#include "report/impl/problems.hpp"
#include "report/impl/signals.hpp"
#include "report/impl/style.hpp"
#include "report/impl/words.hpp"

namespace gannet::report {
namespace {

/// Findings of one kind and severity that stand in the open before the rest is folded.
constexpr std::size_t k_open_findings = 6;

std::string_view css_class_of(VerdictKind kind) {
  switch (kind) {
    case VerdictKind::failed:
    case VerdictKind::problems: return "bad";
    case VerdictKind::undetermined:
    case VerdictKind::review: return "open";
    case VerdictKind::clean: return "good";
  }
  return "";
}

std::string_view css_class_of(record::Severity severity) {
  if (severity >= record::Severity::high) return "bad";
  return severity >= record::Severity::low ? "open" : "calm";
}

std::string_view css_class_of(Style style) {
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

/// What a state stands for, for a reader who does not know the word.
std::string_view state_title(record::ConsentState state) {
  switch (state) {
    case record::ConsentState::untouched: return "Before any choice";
    case record::ConsentState::rejected: return "After refusing";
    case record::ConsentState::accepted: return "After accepting";
  }
  return "";
}

/// When a sighting was, for a reader who does not know the names of states and phases. Loading and scrolling come before the
/// choice.
std::string_view moment_title(const record::Evidence& evidence) {
  const bool is_before = evidence.phase == record::Phase::s0 || evidence.phase == record::Phase::s1;
  if (!is_before || evidence.state == record::ConsentState::untouched) return state_title(evidence.state);
  return evidence.state == record::ConsentState::rejected ? "Before refusing" : "Before accepting";
}

std::string_view phase_title(record::Phase phase) {
  switch (phase) {
    case record::Phase::s0: return "loaded";
    case record::Phase::s1: return "scrolled";
    case record::Phase::s2: return "choice made";
    case record::Phase::s3: return "reloaded";
  }
  return "";
}

struct Tally {
  std::size_t all = 0;
  std::size_t needing_consent = 0;
  std::size_t unknown = 0;
};

template <class Verdicts>
Tally tally_of(const Verdicts& verdicts) {
  Tally tally{.all = verdicts.size()};
  for (const auto& verdict : verdicts) {
    if (needs_consent(verdict.categorisation.category)) ++tally.needing_consent;
    if (verdict.categorisation.category == inspect::Category::unknown) ++tally.unknown;
  }
  return tally;
}

/// "4 cookies: 2 need consent, 1 of unknown purpose".
std::string tally_words(const Tally& tally, std::string_view singular, std::string_view plural) {
  std::vector<std::string> parts;
  if (tally.needing_consent > 0)
    parts.push_back(fmt::format("{} {} consent", tally.needing_consent, tally.needing_consent == 1 ? "needs" : "need"));
  if (tally.unknown > 0) parts.push_back(fmt::format("{} of unknown purpose", tally.unknown));
  return count_words(tally.all, singular, plural) + (parts.empty() ? "" : ": " + join(parts, ", "));
}

}  // namespace

HtmlReport::HtmlReport(const record::ScanRecord& scan, const inspect::Inspection& inspection,
                       const record::ScreenshotSet& pictures, const change::Comparison* since_baseline)
    : scan_(scan),
      inspection_(inspection),
      pictures_(pictures),
      since_baseline_(since_baseline),
      verdict_(make_verdict(scan, inspection)) {
  for (std::size_t i = 0; i < k_states.size(); ++i)
    if (find_state(scan, k_states[i])) state_indices_.push_back(i);
}

std::string HtmlReport::write() && {
  add_head();
  add_verdict();
  add_states();
  add_gaps(true);
  add_since_baseline();
  add_findings();
  add_consent();
  add_cookies();
  add_owners();
  add_storage();
  add_blocked();
  add_gaps(false);
  add_facts();
  add_pages();
  add_pictures();
  add_how();
  out_ += "</main>\n</body>\n</html>\n";
  return std::move(out_);
}

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
  out_ += fmt::format("<header class=\"verdict {}\">\n", css_class_of(verdict_.kind));
  element("p", "site", safe(scan_.url, 400));
  element("h1", "", verdict_.headline + ".");
  std::vector<std::string> owners;
  for (const record::Finding& finding : inspection_.findings) {
    const std::string owner = is_problem(finding) ? finding_owner(inspection_, finding) : "";
    if (!owner.empty() && std::ranges::count(owners, owner) == 0) owners.push_back(owner);
  }
  if (!owners.empty()) element("p", "", "Behind it: " + handful_words(owners) + ".");
  if (!verdict_.detail.empty()) element("p", "", verdict_.detail + ".");
  const std::string when = format_instant(scan_.started_at);
  element("p", "when",
          fmt::format("Scanned {} {} UTC in {}{}", when.substr(0, 10), when.substr(11, 5), format_duration(duration_of(scan_)),
                      state_indices_.empty() ? "; no state was visited" : ""));
  out_ += "</header>\n";
}

void HtmlReport::add_states() {
  if (state_indices_.empty()) return;
  out_ += "<div class=\"states\">\n";
  for (const std::size_t i : state_indices_) add_state(k_states[i]);
  out_ += "</div>\n";
}

void HtmlReport::add_state(record::ConsentState name) {
  const bool is_accepted = name == record::ConsentState::accepted;
  out_ += "<section class=\"state\">\n";
  element("h3", "", state_title(name));
  element("p", "tags", to_string(name));
  if (!verdict_.is_established(name)) {
    const auto gap = std::ranges::find(verdict_.gaps, name, &Gap::state);
    element("p", "open", "Not established" + (gap == verdict_.gaps.end() ? std::string() : ": " + gap->text) + ".");
  }
  const record::StateRecord& record = *find_state(scan_, name);
  const bool is_seen = std::ranges::any_of(record.visits, [](const record::Visit& visit) { return !visit.phases.empty(); });
  if (const inspect::StateInspection* state = is_seen ? find_state(inspection_, name) : nullptr) {
    const auto add_tally = [&](const Tally& tally, std::string_view one, std::string_view many) {
      const std::string_view style = tally.needing_consent > 0 ? "bad" : tally.unknown > 0 ? "open" : "";
      element("p", is_accepted ? "" : style, tally_words(tally, one, many));
    };
    add_tally(tally_of(state->cookies), "cookie", "cookies");
    if (!state->storage.empty()) add_tally(tally_of(state->storage), "storage entry", "storage entries");
    const auto trackers = std::size_t(std::ranges::count(state->third_parties, true, &inspect::ThirdParty::is_tracker));
    element("p", trackers > 0 && !is_accepted ? "bad" : "",
            count_words(state->third_parties.size(), "third party", "third parties") +
                (trackers > 0 ? ": " + count_words(trackers, "tracker", "trackers") : ""));
  }
  if (!record.visits.empty() && !record.visits[0].screenshots.empty()) {
    const auto& [phase, picture] = *record.visits[0].screenshots.rbegin();
    add_picture(picture, fmt::format("{}: {}", state_title(name), phase_title(phase)));
  }
  out_ += "</section>\n";
}

void HtmlReport::add_picture(const record::Screenshot& picture, std::string_view caption) {
  static constexpr std::array<std::string_view, 3> k_media_types = {"image/jpeg", "image/webp", "image/png"};
  const auto bytes = pictures_.find(picture.sha256);
  if (bytes == pictures_.end() || std::ranges::count(k_media_types, picture.media_type) == 0) return;
  out_ += fmt::format("<figure><img alt=\"{}\" width=\"{}\" height=\"{}\" src=\"data:{};base64,{}\">", escape_html(caption),
                      picture.width_pixels, picture.height_pixels, picture.media_type, encode_base64(bytes->second));
  out_ += fmt::format("<figcaption>{}</figcaption></figure>\n", escape_html(caption));
}

void HtmlReport::add_gaps(bool is_blocking) {
  if (std::ranges::count(verdict_.gaps, is_blocking, &Gap::is_blocking) == 0) return;
  section(is_blocking ? "What could not be established" : "Worth knowing");
  out_ += "<ul class=\"gaps\">\n";
  for (const Gap& gap : verdict_.gaps) {
    if (gap.is_blocking != is_blocking) continue;
    out_ += fmt::format("<li class=\"{}\"><b>{}</b> {}</li>\n", is_blocking ? "open" : "calm",
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
    for (const ChangeLine& line : changes.lines)
      element("li", css_class_of(line.style), fmt::format("{} {}", line.mark, line.text));
    out_ += "</ul>\n";
  }
}

void HtmlReport::add_stack(const record::CallStack& stack) {
  out_ += "<details><summary>call stack</summary><ol>\n";
  for (const record::StackFrame& frame : std::span(stack).first(std::min(stack.size(), k_stack_frames_max)))
    element("li", "", frame_words(frame));
  out_ += "</ol></details>\n";
}

void HtmlReport::add_evidence(const record::Evidence& evidence) {
  out_ += "<div class=\"evidence\">";
  element("b", "", fmt::format("{}:", moment_title(evidence)));
  element("span", "", safe(evidence.text));
  if (evidence.page_url != scan_.url) element("span", "", " on " + page_words(evidence.page_url, scan_.url));
  if (!evidence.stack.empty()) add_stack(evidence.stack);
  out_ += "</div>\n";
}

void HtmlReport::add_finding(const record::Finding& finding, Advice advice) {
  out_ += fmt::format("<article class=\"{}\">\n", css_class_of(finding.severity));
  element("h3", "", safe(finding.title));
  const std::string owner = finding_owner(inspection_, finding);
  element("p", "tags",
          fmt::format("{} · {} · {}{}", to_string(finding.severity), to_string(finding.confidence), safe(finding.kind, 100),
                      owner.empty() ? "" : " · " + owner));
  if (!finding.evidence.empty()) add_evidence(finding.evidence[0]);
  if (finding.evidence.size() > 1) {
    out_ += fmt::format("<details><summary>{}</summary>\n",
                        count_words(finding.evidence.size() - 1, "more sighting", "more sightings"));
    for (const record::Evidence& evidence : std::span(finding.evidence).subspan(1)) add_evidence(evidence);
    out_ += "</details>\n";
  }
  if (finding.evidence.empty()) element("p", "evidence", "no evidence recorded");
  if (!finding.advice.empty() && advice == Advice::told) element("p", "advice", safe(finding.advice));
  out_ += "</article>\n";
}

/// An advice that holds for several in a row is told once, with the last of them.
void HtmlReport::add_finding_run(std::span<const record::Finding* const> findings) {
  for (std::size_t i = 0; i < findings.size(); ++i) {
    const bool is_last = i + 1 == findings.size() || findings[i + 1]->advice != findings[i]->advice;
    add_finding(*findings[i], is_last ? Advice::told : Advice::follows);
  }
}

void HtmlReport::add_finding_group(const FindingGroup& group) {
  const std::size_t open = group.findings.size() > k_open_findings + 1 ? k_open_findings : group.findings.size();
  add_finding_run(std::span(group.findings).first(open));
  if (open == group.findings.size()) return;
  out_ += fmt::format("<details class=\"rest\"><summary>and {} more {} ({})</summary>\n", group.findings.size() - open,
                      safe(group.findings[0]->kind, 100), to_string(group.severity));
  add_finding_run(std::span(group.findings).subspan(open));
  out_ += "</details>\n";
}

/// What is wrong comes first; what wants a look and what is only worth knowing has a heading of its own.
void HtmlReport::add_findings() {
  const auto problems = std::size_t(std::ranges::count_if(inspection_.findings, is_problem));
  for (const bool is_wrong : {true, false}) {
    const std::size_t count = is_wrong ? problems : inspection_.findings.size() - problems;
    if (count == 0) continue;
    section(fmt::format("{} ({})", is_wrong ? "What is wrong" : "To look at", count));
    for (const FindingGroup& group : make_finding_groups(inspection_)) {
      FindingGroup part{group.severity, {}};
      std::ranges::copy_if(group.findings, std::back_inserter(part.findings),
                           [&](const record::Finding* finding) { return is_problem(*finding) == is_wrong; });
      if (!part.findings.empty()) add_finding_group(part);
    }
  }
}

void HtmlReport::add_consent() {
  const auto is_chosen = [&](std::size_t i) { return k_states[i] != record::ConsentState::untouched; };
  if (std::ranges::none_of(state_indices_, is_chosen) && make_consent_signal_rows(scan_).empty()) return;
  section("The choice, and how it is proved");
  std::string shown_buttons;
  out_ += "<dl>\n";
  for (const std::size_t i : state_indices_) {
    if (!is_chosen(i)) continue;
    const record::ConsentOutcome& consent = find_state(scan_, k_states[i])->consent;
    const std::string choice = choice_words(consent);
    element("dt", "", to_string(k_states[i]));
    element("dd", consent.result == record::ConsentResult::proved ? "good" : "open", choice.empty() ? "not attempted" : choice);
    const std::string buttons = handful_words(consent.first_layer_buttons);
    if (!buttons.empty() && std::exchange(shown_buttons, buttons) != buttons) {
      element("dt", "", "the banner offers");
      element("dd", "", buttons);
    }
  }
  out_ += "</dl>\n";
  add_signals();
}

/// The phases that the state's summary does not show, of the start page.
void HtmlReport::add_pictures() {
  std::string before = std::move(out_);
  out_.clear();
  for (const std::size_t i : state_indices_) {
    const record::StateRecord& state = *find_state(scan_, k_states[i]);
    if (state.visits.empty()) continue;
    const auto& shots = state.visits[0].screenshots;
    for (const auto& [phase, picture] : shots)
      if (phase != shots.rbegin()->first)
        add_picture(picture, fmt::format("{}: {}", state_title(k_states[i]), phase_title(phase)));
  }
  const std::string figures = std::exchange(out_, std::move(before));
  if (figures.empty()) return;
  section("Pictures of the start page");
  out_ += "<div class=\"pictures\">\n" + figures + "</div>\n";
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
  line("certificate", certificate_words(scan_));
  for (const inspect::DatasetUse& dataset : inspection_.datasets)
    line("data set", fmt::format("{} {} ({})", safe(dataset.name, 80), safe(dataset.version, 40), safe(dataset.hash, 80)));
  line("scan id", scan_.id.to_string());
  out_ += "</dl>\n";
}

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
                      const record::ScreenshotSet& pictures, const change::Comparison* since_baseline) {
  return HtmlReport(scan, inspection, pictures, since_baseline).write();
}

}  // namespace gannet::report
