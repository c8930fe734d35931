#include "report/impl/problems.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include <fmt/format.h>

#include "report/impl/words.hpp"

namespace gannet::report {
namespace {

using Problems = std::vector<const record::Finding*>;
using Counts = std::vector<std::pair<std::string, std::size_t>>;

/// Kinds of findings beyond these are in the list of findings, not in the headline.
constexpr std::size_t k_other_kinds_max = 3;

struct Moment {
  std::string_view kind_suffix;
  std::string_view words;
};
constexpr std::array<Moment, 2> k_moments = {{{"-before-consent", "before consent"}, {"-after-reject", "after refusal"}}};

struct Noun {
  std::string_view kind;
  std::string_view singular;
  std::string_view plural;
};
constexpr std::array<Noun, 3> k_nouns = {{{"storage", "storage entry", "storage entries"},
                                          {"cookie-insecure", "insecure cookie", "insecure cookies"},
                                          {"cookie-lifetime", "long-lived cookie", "long-lived cookies"}}};

void add_one(Counts& counts, const std::string& name) {
  const auto known = std::ranges::find(counts, name, &Counts::value_type::first);
  if (known == counts.end())
    counts.emplace_back(name, 1);
  else
    ++known->second;
}

/// "cookie" → "2 cookies". A kind without a noun of its own is counted by its name, hyphens as spaces.
std::string thing_words(std::size_t count, std::string_view kind) {
  const auto noun = std::ranges::find(k_nouns, kind, &Noun::kind);
  if (noun != k_nouns.end()) return count_words(count, noun->singular, noun->plural);
  std::string name = safe(kind, 40);
  std::ranges::replace(name, '-', ' ');
  return count_words(count, name, name + "s");
}

/// Findings that are about a site as a whole say what they are; the others are counted.
std::string other_words(std::size_t count, std::string_view kind) {
  if (kind == "reject-missing") return "no way to reject";
  if (kind == "reject-buried") return "rejecting is harder than accepting";
  return thing_words(count, kind);
}

std::vector<std::string> moment_parts(const Problems& problems) {
  std::vector<std::string> parts;
  for (const Moment& moment : k_moments) {
    Counts things;
    for (const record::Finding* problem : problems)
      if (problem->kind.ends_with(moment.kind_suffix))
        add_one(things, problem->kind.substr(0, problem->kind.size() - moment.kind_suffix.size()));
    std::vector<std::string> counts;
    for (const auto& [thing, count] : things) counts.push_back(thing_words(count, thing));
    if (!counts.empty()) parts.push_back(fmt::format("{} {}", list_words(counts), moment.words));
  }
  return parts;
}

std::vector<std::string> other_parts(const Problems& problems) {
  Counts kinds;
  for (const record::Finding* problem : problems) {
    const auto is_of = [problem](const Moment& moment) { return problem->kind.ends_with(moment.kind_suffix); };
    if (std::ranges::none_of(k_moments, is_of)) add_one(kinds, problem->kind);
  }
  std::vector<std::string> parts;
  std::size_t left_out = 0;
  for (const auto& [kind, count] : kinds) {
    if (parts.size() < k_other_kinds_max)
      parts.push_back(other_words(count, kind));
    else
      left_out += count;
  }
  if (left_out > 0) parts.push_back(count_words(left_out, "other", "others"));
  return parts;
}

template <class Wanted>
Problems select(const inspect::Inspection& inspection, Wanted is_wanted) {
  Problems problems;
  for (const record::Finding& finding : inspection.findings)
    if (is_wanted(finding)) problems.push_back(&finding);
  return problems;
}

std::string part_words(const Problems& problems) {
  std::vector<std::string> parts = moment_parts(problems);
  std::ranges::move(other_parts(problems), std::back_inserter(parts));
  return list_words(parts);
}

bool is_suspicion(const record::Finding& finding) {
  return finding.severity >= record::Severity::low && finding.confidence == record::Confidence::unsure;
}

}  // namespace

bool is_problem(const record::Finding& finding) {
  return finding.severity >= record::Severity::low && finding.confidence != record::Confidence::unsure;
}

std::string problem_words(const inspect::Inspection& inspection) {
  const Problems problems = select(inspection, is_problem);
  if (problems.empty()) return "";
  return fmt::format("{}: {}", count_words(problems.size(), "problem", "problems"), part_words(problems));
}

std::string suspicion_words(const inspect::Inspection& inspection) { return part_words(select(inspection, is_suspicion)); }

std::string review_words(const inspect::Inspection& inspection) {
  if (inspection.review.empty()) return "";
  return count_words(inspection.review.size(), "cookie of unknown purpose", "cookies of unknown purpose");
}

}  // namespace gannet::report
