// Findings: what is wrong, each with its proof. Internal to inspect. docs/findings.md explains the kinds to people; a kind, a
// severity or a proof changes there as well.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "inspect/site_rules.hpp"
#include "inspect/trace.hpp"
#include "record/finding.hpp"

namespace gannet::inspect {

/// How much of a name that a page chose goes into a subject or a title.
constexpr std::size_t k_subject_name_bytes = 200;
/// How much of a URL goes into a piece of evidence.
constexpr std::size_t k_url_bytes = 500;

/// The findings of one scan, one per kind and subject however many states show it.
class FindingSet {
 public:
  /// `site` is part of every id.
  explicit FindingSet(std::string site) : site_(std::move(site)) {}

  /// What a sighting in one state adds. Texts are taken from the first; the graver severity and the surer confidence win.
  struct Report {
    std::string_view kind;
    std::string subject;
    record::Severity severity = record::Severity::info;
    record::Confidence confidence = record::Confidence::likely;
    std::string title;
    std::string_view advice;
    std::string rule = {};
    std::vector<record::Evidence> evidence = {};
  };
  /// Keeps at most five different pieces of evidence a finding.
  void add(Report report);

  /// Gravest first, then by kind and subject.
  std::vector<record::Finding> take();

 private:
  std::string site_;
  std::map<std::pair<std::string, std::string>, record::Finding> findings_;
};

/// 16 hex digits over site, kind and subject.
std::string finding_id(std::string_view site, std::string_view kind, std::string_view subject);

/// Advertising and analytics are high; functional is low; unknown is medium.
record::Severity severity_of(Category category);

/// For a name that is only known to serve a function, someone may argue that the visitor asked for it: never certain.
record::Confidence confidence_of(const Categorisation& categorisation);

/// A high-entropy value that is kept for more than a day: it can tell visitors apart.
bool is_identifier(const CookieVerdict& verdict);

/// "after scrolling" and the like, so that a reader sees which phase is meant.
std::string phase_words(const Sighting& sighting);

/// Whether the state shows a refusal at all, and how sure.
std::optional<record::Confidence> refusal_of(const record::StateRecord& state);

record::Evidence evidence_of(record::ConsentState state, const Sighting& sighting, std::string text);

/// "by the response of https://…", "by script https://… line 3 (document.cookie)".
std::string writer_words(const record::Writer& writer);

void find_in_cookies(FindingSet& findings, const std::vector<StateTrace>& traces, const SiteRules& rules);
/// cookie-insecure and cookie-lifetime: how a cookie is made, whenever it was set.
void find_in_cookie_attributes(FindingSet& findings, const StateTrace& trace, const SiteRules& rules);
void find_in_storage(FindingSet& findings, const std::vector<StateTrace>& traces);
void find_in_requests(FindingSet& findings, const std::vector<StateTrace>& traces);
void find_in_consent(FindingSet& findings, const std::vector<StateTrace>& traces);
void find_unclassified(FindingSet& findings, const std::vector<StateTrace>& traces, const std::vector<std::string>& review);

}  // namespace gannet::inspect
