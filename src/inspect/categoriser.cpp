#include "inspect/categoriser.hpp"

#include <algorithm>
#include <array>

namespace gannet::inspect {
namespace {

using record::Confidence;

// Names this short are shared by too many products to prove one.
constexpr std::size_t k_short_name = 3;

Judgement by_rule(const datasets::NameRule& rule, std::string_view source, Confidence confidence) {
  return {.categorisation = {.category = rule.category,
                             .source = std::string(source),
                             .rule = rule.describe(),
                             .confidence = confidence,
                             .description = rule.description,
                             .platform = rule.platform},
          .owner = {},
          .place = rule.place};
}

struct KindPurpose {
  std::string_view kind;
  Category category;
  Confidence confidence;
};

/// third-party-web's kinds that say what a host is for. Social widgets and marketing suites serve advertising among other things.
constexpr std::array<KindPurpose, 4> k_kind_purposes = {{
    {.kind = "ad", .category = Category::advertising, .confidence = Confidence::likely},
    {.kind = "analytics", .category = Category::analytics, .confidence = Confidence::likely},
    {.kind = "social", .category = Category::advertising, .confidence = Confidence::unsure},
    {.kind = "marketing", .category = Category::advertising, .confidence = Confidence::unsure},
}};

Categorisation by_vendor(Category category, Confidence confidence, std::string rule, std::string platform) {
  return {.category = category,
          .source = std::string(to_string(Source::vendor)),
          .rule = std::move(rule),
          .confidence = confidence,
          .description = {},
          .platform = std::move(platform)};
}

}  // namespace

std::string_view to_string(Source source) {
  switch (source) {
    case Source::site_override: return "site override";
    case Source::rule_file: return "rule file";
    case Source::consent_platform: return "name of a consent platform";
    case Source::gannet_rules: return "gannet rules";
    case Source::cookie_database: return "open cookie database";
    case Source::vendor: return "vendor purpose";
  }
  return "";
}

std::optional<Judgement> Categoriser::ask(Source source, std::string_view name, std::string_view domain) const {
  const auto ask_rules = [&](const datasets::NameRules& rules, Confidence confidence) -> std::optional<Judgement> {
    const auto* rule = rules.find(name, domain, site_);
    return rule ? std::optional(by_rule(*rule, to_string(source), confidence)) : std::nullopt;
  };
  switch (source) {
    case Source::site_override: return ask_rules(rules_.overrides, Confidence::certain);
    case Source::rule_file: return ask_rules(rules_.rules, Confidence::certain);
    case Source::consent_platform: return ask_rules(sets_.consent_names, Confidence::likely);
    case Source::gannet_rules: return ask_own_rules(name, domain);
    case Source::cookie_database: return ask_database(name, domain);
    case Source::vendor: {
      Judgement judgement = judge_host(domain);
      return judgement.categorisation.category == Category::unknown ? std::nullopt : std::optional(std::move(judgement));
    }
  }
  return std::nullopt;
}

std::optional<Judgement> Categoriser::ask_own_rules(std::string_view name, std::string_view domain) const {
  const auto* rule = sets_.own_rules.find(name, domain, site_);
  if (!rule) return std::nullopt;
  Judgement judgement = by_rule(*rule, to_string(Source::gannet_rules), Confidence::likely);
  if (rule->category != Category::necessary) {
    judgement.owner = {.name = rule->platform, .country = sets_.owners.country_of(rule->platform)};
  }
  return judgement;
}

std::optional<Judgement> Categoriser::ask_database(std::string_view name, std::string_view domain) const {
  const auto match = sets_.cookies.find(name, domain);
  if (!match) return std::nullopt;
  const datasets::CookieEntry& entry = *match->entry;
  const bool is_short = entry.name.size() <= k_short_name;
  Confidence confidence = match->is_by_domain ? Confidence::certain : Confidence::likely;
  if (match->is_doubtful || (is_short && (entry.is_wildcard || !match->is_by_domain))) {
    confidence = match->is_by_domain ? Confidence::likely : Confidence::unsure;
  }
  return Judgement{.categorisation = {.category = entry.category,
                                      .source = std::string(to_string(Source::cookie_database)),
                                      .rule = fmt::format("{}{} of {}", entry.name, entry.is_wildcard ? "*" : "", entry.platform),
                                      .confidence = confidence,
                                      .description = entry.description,
                                      .platform = entry.platform},
                   .owner = {.name = entry.controller, .country = sets_.owners.country_of(entry.controller)}};
}

Judgement Categoriser::judge(std::string_view name, std::string_view domain, Party party) const {
  for (const Source source : {Source::site_override, Source::rule_file}) {
    if (auto decided = ask(source, name, domain)) {
      if (party == Party::third) decided->owner = judge_host(domain).owner;
      return *std::move(decided);
    }
  }
  std::optional<Judgement> judgement;
  for (const Source source : {Source::consent_platform, Source::gannet_rules, Source::cookie_database}) {
    if (!judgement) judgement = ask(source, name, domain);
  }
  if (party == Party::first) return judgement ? *std::move(judgement) : Judgement();

  Judgement by_host = judge_host(domain);
  if (!judgement) return by_host;
  // "PHPSESSID" keeps a visitor's session with whoever sets it: with a tracker that is not what the visitor asked for.
  const bool is_disguised = judgement->categorisation.category == Category::necessary && is_tracker(by_host.categorisation) &&
                            by_host.categorisation.confidence != Confidence::unsure;
  if (is_disguised) {
    by_host.categorisation.confidence = Confidence::unsure;
    return by_host;
  }
  if (!by_host.owner.name.empty()) judgement->owner = std::move(by_host.owner);
  return *std::move(judgement);
}

std::vector<Opinion> Categoriser::explain(std::string_view name, std::string_view domain) const {
  std::vector<Opinion> opinions;
  for (const Source source : {Source::site_override, Source::rule_file, Source::consent_platform, Source::gannet_rules,
                              Source::cookie_database, Source::vendor}) {
    auto judgement = ask(source, name, domain);
    Opinion& opinion = opinions.emplace_back(Opinion{.source = source, .says = {}});
    if (!judgement) continue;
    opinion.says = std::move(judgement->categorisation);
    opinion.place = std::move(judgement->place);
  }
  return opinions;
}

Judgement Categoriser::judge_host(std::string_view host) const {
  Judgement judgement;
  const datasets::HostOwner* owner = sets_.owners.find(host);
  if (owner) judgement.owner = {.name = owner->name, .country = owner->country};

  if (const auto* purpose = sets_.host_purposes.find(host)) {
    if (purpose->category != Category::unknown) {
      judgement.categorisation =
          by_vendor(purpose->category, Confidence::certain, fmt::format("{} is a host of {}", purpose->domain, purpose->product),
                    purpose->product);
    }
    if (!owner) judgement.owner = {.name = purpose->product, .country = sets_.owners.country_of(purpose->product)};
    return judgement;
  }
  if (owner) {
    const auto purpose = std::ranges::find(k_kind_purposes, owner->kind, &KindPurpose::kind);
    if (purpose != k_kind_purposes.end()) {
      judgement.categorisation =
          by_vendor(purpose->category, purpose->confidence,
                    fmt::format("third-party-web calls {} \"{}\"", owner->product, owner->kind), owner->product);
      return judgement;
    }
  }
  if (sets_.easy_privacy.contains(host)) {
    judgement.categorisation =
        by_vendor(Category::analytics, Confidence::likely, "EasyPrivacy lists the host", owner ? owner->product : "");
  }
  return judgement;
}

bool is_tracker(const Categorisation& categorisation) {
  return categorisation.category == Category::analytics || categorisation.category == Category::advertising;
}

record::Confidence weaker(record::Confidence a, record::Confidence b) { return std::max(a, b); }

}  // namespace gannet::inspect
