#include "inspect/findings.hpp"

#include <algorithm>

#include "base/sha256.hpp"
#include "base/text.hpp"

namespace gannet::inspect {
namespace {

using record::Confidence;
using record::Evidence;
using record::Phase;
using record::Severity;
using record::WriterKind;

constexpr std::size_t k_evidence_max = 5;
// 64 bits tell more visitors apart than there are people; a day separates identifiers from nonces of one session.
constexpr double k_identifier_bits_min = 64;
constexpr std::int64_t k_identifier_seconds_min = 86'400;

bool is_same_evidence(const Evidence& a, const Evidence& b) {
  return a.state == b.state && a.phase == b.phase && a.page_url == b.page_url && a.text == b.text;
}

}  // namespace

std::string finding_id(std::string_view site, std::string_view kind, std::string_view subject) {
  // Lengths keep "ab" + "c" apart from "a" + "bc".
  const std::string text = fmt::format("{}:{}{}:{}{}:{}", site.size(), site, kind.size(), kind, subject.size(), subject);
  return sha256_hex(text).substr(0, 16);
}

void FindingSet::add(Report report) {
  auto [it, is_new] = findings_.try_emplace({std::string(report.kind), report.subject});
  record::Finding& finding = it->second;
  if (is_new) {
    finding.id = finding_id(site_, report.kind, report.subject);
    finding.kind = report.kind;
    finding.subject = std::move(report.subject);
    finding.severity = report.severity;
    finding.confidence = report.confidence;
    finding.title = std::move(report.title);
    finding.advice = report.advice;
    finding.rule = std::move(report.rule);
  }
  finding.severity = std::max(finding.severity, report.severity);
  finding.confidence = std::min(finding.confidence, report.confidence);
  for (auto& evidence : report.evidence) {
    const bool is_known =
        std::ranges::any_of(finding.evidence, [&](const Evidence& other) { return is_same_evidence(evidence, other); });
    if (!is_known && finding.evidence.size() < k_evidence_max) finding.evidence.push_back(std::move(evidence));
  }
}

std::vector<record::Finding> FindingSet::take() {
  std::vector<record::Finding> findings;
  findings.reserve(findings_.size());
  for (auto& [_, finding] : findings_) findings.push_back(std::move(finding));
  findings_.clear();
  std::ranges::sort(findings, [](const record::Finding& a, const record::Finding& b) {
    if (a.severity != b.severity) return a.severity > b.severity;
    return std::tie(a.kind, a.subject) < std::tie(b.kind, b.subject);
  });
  return findings;
}

Severity severity_of(Category category) {
  switch (category) {
    case Category::advertising:
    case Category::analytics: return Severity::high;
    case Category::functional: return Severity::low;
    case Category::unknown: return Severity::medium;
    case Category::necessary: return Severity::info;
  }
  return Severity::info;
}

Confidence confidence_of(const Categorisation& categorisation) {
  if (categorisation.category == Category::unknown) return Confidence::unsure;
  if (categorisation.category == Category::functional) return weaker(categorisation.confidence, Confidence::likely);
  return categorisation.confidence;
}

bool is_identifier(const CookieVerdict& verdict) {
  const auto lifetime = verdict.lifetime_seconds ? verdict.lifetime_seconds : verdict.declared_lifetime_seconds;
  return verdict.cookie.value.entropy_bits >= k_identifier_bits_min && lifetime && *lifetime > k_identifier_seconds_min;
}

std::string phase_words(const Sighting& sighting) {
  switch (sighting.phase) {
    case Phase::s0: return "while loading";
    case Phase::s1: return "after scrolling";
    case Phase::s2: return "after the click";
    case Phase::s3: return "after a reload";
  }
  return "";
}

std::optional<Confidence> refusal_of(const record::StateRecord& state) {
  if (state.state != record::ConsentState::rejected) return std::nullopt;
  switch (state.consent.result) {
    case record::ConsentResult::proved: return Confidence::certain;
    case record::ConsentResult::unproved: return Confidence::unsure;
    case record::ConsentResult::not_attempted:
    case record::ConsentResult::no_banner:
    case record::ConsentResult::no_control: return std::nullopt;
  }
  return std::nullopt;
}

Evidence evidence_of(record::ConsentState state, const Sighting& sighting, std::string text) {
  Evidence evidence{
      .state = state, .phase = sighting.phase, .page_url = std::string(sighting.page_url), .text = std::move(text), .stack = {}};
  if (sighting.writer) evidence.stack = sighting.writer->stack;
  if (sighting.request) evidence.stack = sighting.request->initiator_stack;
  return evidence;
}

std::string writer_words(const record::Writer& writer) {
  const std::string url = printable(writer.url, k_url_bytes);
  switch (writer.kind) {
    case WriterKind::http: return fmt::format("by the response of {}", url);
    case WriterKind::script: {
      const std::string line = writer.line > 0 ? fmt::format(" line {}", writer.line) : "";
      const std::string method = writer.method.empty() ? "" : fmt::format(" ({})", writer.method);
      if (url.empty())
        return fmt::format("by an inline script of {}{}{}", printable(writer.document_url, k_url_bytes), line, method);
      return fmt::format("by script {}{}{}", url, line, method);
    }
    case WriterKind::unknown: return "by a service worker or something unknown";
  }
  return "";
}

}  // namespace gannet::inspect
