#include <cstdio>

#include <boost/json.hpp>

#include "app/commands.hpp"
#include "app/judge.hpp"
#include "app/local_rules.hpp"
#include "app/output.hpp"
#include "base/text.hpp"
#include "inspect/categoriser.hpp"
#include "inspect/party.hpp"
#include "inspect/review.hpp"
#include "report/exit_code.hpp"

namespace gannet::app {

namespace json = boost::json;

namespace {

using inspect::Categorisation;
using inspect::Category;
using inspect::Party;

std::string safe(std::string_view untrusted) { return printable(untrusted, 200); }

json::value or_null(std::string_view text) { return text.empty() ? json::value() : json::value(text); }

/// "a @ shop.test", " at the site x.test" where it is about one.
std::string cookie_words(const inspect::DecisionKey& key) {
  return fmt::format("{} @ {}{}", safe(key.name), safe(key.domain), key.site.empty() ? "" : ", at the site " + safe(key.site));
}

/// A cookie as it would be judged on a visit to a site: its own where none is named.
struct Setting {
  std::string site;
  Party party = Party::first;
};

Setting setting_of(const inspect::DecisionKey& key) {
  if (key.site.empty()) return {.site = key.domain, .party = Party::first};
  const bool is_own = inspect::registrable_domain(key.domain) == inspect::registrable_domain(key.site);
  return {.site = key.site, .party = is_own ? Party::first : Party::third};
}

// ---- test

/// All that is known of one name.
struct Explanation {
  Setting setting;
  inspect::Judgement decided;
  std::vector<inspect::Opinion> opinions;
  /// Where nothing is decided.
  std::optional<inspect::Hint> hint;

  bool is_decided_by(const inspect::Opinion& opinion) const {
    return opinion.says && decided.categorisation.category != Category::unknown &&
           decided.categorisation.source == inspect::to_string(opinion.source);
  }
};

Explanation explain(const Judge& judge, const inspect::DecisionKey& key) {
  Explanation made{.setting = setting_of(key), .decided = {}, .opinions = {}, .hint = {}};
  const inspect::Categoriser categoriser(judge.sets(), judge.rules(), made.setting.site);
  made.decided = categoriser.judge(key.name, key.domain, made.setting.party);
  made.opinions = categoriser.explain(key.name, key.domain);
  if (made.decided.categorisation.category == Category::unknown) made.hint = inspect::find_hint(judge.sets(), key.name, {});
  return made;
}

/// Why a source that says something was not asked or not followed.
std::string_view passed_over(const Explanation& explanation, const inspect::Opinion& opinion) {
  if (explanation.is_decided_by(opinion)) return "";
  if (opinion.source == inspect::Source::vendor && explanation.setting.party == Party::first)
    return "counts for third parties only";
  if (explanation.decided.categorisation.source == inspect::to_string(inspect::Source::vendor))
    return "passed over: its name alone does not make a tracker's cookie necessary";
  return "comes after the one that decided";
}

std::string explanation_text(const inspect::DecisionKey& key, const Explanation& explanation) {
  const Categorisation& decided = explanation.decided.categorisation;
  auto text = fmt::format("{} @ {}, visited at {} ({} party)\n", safe(key.name), safe(key.domain), safe(explanation.setting.site),
                          to_string(explanation.setting.party));
  if (decided.category == Category::unknown) {
    text += "unknown: no source knows it\n";
    if (explanation.hint)
      text += fmt::format("perhaps {}: {} (a hint only, never applied)\n", to_string(explanation.hint->category),
                          explanation.hint->reason);
  } else {
    text += fmt::format("{}, {}, by: {}\n", to_string(decided.category), to_string(decided.confidence), decided.source);
    if (!decided.description.empty()) text += safe(decided.description) + "\n";
  }
  if (!explanation.decided.owner.name.empty()) text += fmt::format("owner: {}\n", safe(explanation.decided.owner.name));
  text += "\n  source, the first that knows decides  says\n";
  for (const auto& opinion : explanation.opinions) {
    const char mark = explanation.is_decided_by(opinion) ? '*' : ' ';
    if (!opinion.says) {
      text += fmt::format("{} {:<37} -\n", mark, to_string(opinion.source));
      continue;
    }
    const bool is_of_user = opinion.source == inspect::Source::site_override || opinion.source == inspect::Source::rule_file;
    text += fmt::format("{} {:<37} {}, {}: {}{}\n", mark, to_string(opinion.source), to_string(opinion.says->category),
                        to_string(opinion.says->confidence), safe(opinion.says->rule),
                        is_of_user ? fmt::format(" ({})", safe(opinion.place)) : "");
    if (const auto reason = passed_over(explanation, opinion); !reason.empty()) text += fmt::format("{:40}{}\n", "", reason);
  }
  return text;
}

json::object to_json(const Categorisation& categorisation) {
  return {{"category", to_string(categorisation.category)},
          {"confidence", record::to_string(categorisation.confidence)},
          {"source", categorisation.source},
          {"rule", categorisation.rule},
          {"description", categorisation.description},
          {"platform", categorisation.platform}};
}

json::object explanation_json(const inspect::DecisionKey& key, const Explanation& explanation) {
  json::array chain;
  for (const auto& opinion : explanation.opinions) {
    chain.push_back(json::object{{"source", inspect::to_string(opinion.source)},
                                 {"decides", explanation.is_decided_by(opinion)},
                                 {"says", opinion.says ? json::value(to_json(*opinion.says)) : json::value()},
                                 {"place", or_null(opinion.place)}});
  }
  json::value hint;
  if (explanation.hint) hint = {{"category", to_string(explanation.hint->category)}, {"reason", explanation.hint->reason}};
  return {{"name", key.name},
          {"domain", key.domain},
          {"site", explanation.setting.site},
          {"party", to_string(explanation.setting.party)},
          {"decision", to_json(explanation.decided.categorisation)},
          {"owner", explanation.decided.owner.name},
          {"hint", hint},
          {"chain", chain}};
}

Result<void> test_cookie(const CookiesTestArguments& arguments) {
  const auto judge = TRY(Judge::load(arguments.common, arguments.rules));
  const auto explanation = explain(judge, arguments.key);
  auto output = TRY(Output::open({}));
  output.add(arguments.format == Format::json ? json::serialize(explanation_json(arguments.key, explanation)) + "\n"
                                              : explanation_text(arguments.key, explanation));
  return output.finish();
}

// ---- set, unset, rules

Result<void> set_rule(const CookiesSetArguments& arguments) {
  const auto& data_dir = arguments.common.data_dir;
  TRY(edit_local_rules(data_dir, [&](std::string_view content, std::string_view file) {
    return inspect::with_decision(content, file, arguments.decision);
  }));
  fmt::print("{} is {} now; the rule and its case are in {}\n", cookie_words(arguments.decision.key),
             to_string(arguments.decision.category), local_rules_path(data_dir).string());
  return {};
}

Result<void> unset_rule(const CookiesUnsetArguments& arguments) {
  const auto& data_dir = arguments.common.data_dir;
  TRY(edit_local_rules(data_dir, [&](std::string_view content, std::string_view file) {
    return inspect::without_decision(content, file, arguments.key);
  }));
  fmt::print("{}: its rule and case are gone from {}\n", cookie_words(arguments.key), local_rules_path(data_dir).string());
  return {};
}

json::object to_json(const datasets::NameRule& rule) {
  return {{"pattern", rule.describe()}, {"category", to_string(rule.category)}, {"domain", or_null(rule.domain)},
          {"site", or_null(rule.site)}, {"description", rule.description},      {"place", rule.place}};
}

std::string rule_words(const datasets::NameRule& rule) {
  std::string text = fmt::format("  {:<12} {}", to_string(rule.category), safe(rule.describe()));
  if (!rule.domain.empty()) text += " @ " + safe(rule.domain);
  if (!rule.site.empty()) text += ", at the site " + safe(rule.site);
  if (!rule.description.empty()) text += ": " + safe(rule.description);
  return text + "\n";
}

Result<void> list_rules(const CookiesRulesArguments& arguments) {
  const auto rules = TRY(load_local_rules(arguments.common.data_dir));
  const auto file = local_rules_path(arguments.common.data_dir).string();
  auto output = TRY(Output::open({}));
  if (arguments.format == Format::json) {
    const auto list = [](const datasets::NameRules& of) {
      json::array array;
      for (const auto& rule : of.list()) array.push_back(to_json(rule));
      return array;
    };
    output.add(
        json::serialize(json::object{
            {"file", file}, {"overrides", list(rules.overrides)}, {"rules", list(rules.rules)}, {"cases", rules.cases.size()}}) +
        "\n");
    return output.finish();
  }
  output.add(fmt::format("{}; rules for single sites: {}, for all: {}; cases: {}\n", file, rules.overrides.size(),
                         rules.rules.size(), rules.cases.size()));
  for (const auto& rule : rules.overrides.list()) output.add(rule_words(rule));
  for (const auto& rule : rules.rules.list()) output.add(rule_words(rule));
  return output.finish();
}

// ---- check

struct CheckedCase {
  inspect::RuleCase wanted;
  Categorisation found;
  /// What data sets say without the user's rules.
  Category without_rules = Category::unknown;
  bool holds() const { return found.category == wanted.category; }
};

CheckedCase check_case(const Judge& judge, const inspect::RuleCase& wanted) {
  const inspect::SiteRules none;
  const auto [site, party] = setting_of({.name = wanted.name, .domain = wanted.domain, .site = wanted.site});
  const inspect::Categoriser with_rules(judge.sets(), judge.rules(), site), without_rules(judge.sets(), none, site);
  return {.wanted = wanted,
          .found = with_rules.judge(wanted.name, wanted.domain, party).categorisation,
          .without_rules = without_rules.judge(wanted.name, wanted.domain, party).categorisation.category};
}

std::string checked_words(const CheckedCase& checked) {
  const auto& wanted = checked.wanted;
  auto text =
      fmt::format("{} {}: {}", checked.holds() ? "ok   " : "WRONG",
                  cookie_words({.name = wanted.name, .domain = wanted.domain, .site = wanted.site}), to_string(wanted.category));
  if (!checked.holds())
    text +=
        fmt::format(" was decided, {} is found{}", to_string(checked.found.category),
                    checked.found.source.empty() ? "" : fmt::format(" ({}, {})", checked.found.source, safe(checked.found.rule)));
  if (checked.holds() && checked.without_rules == wanted.category) text += " (the data sets agree, the rule is not needed)";
  return text + "\n";
}

json::object to_json(const CheckedCase& checked) {
  return {{"name", checked.wanted.name},
          {"domain", checked.wanted.domain},
          {"site", or_null(checked.wanted.site)},
          {"category", to_string(checked.wanted.category)},
          {"found", to_json(checked.found)},
          {"without_rules", to_string(checked.without_rules)},
          {"holds", checked.holds()}};
}

Result<int> check_cases(const CookiesCheckArguments& arguments) {
  const auto judge = TRY(Judge::load(arguments.common, arguments.rules));
  auto output = TRY(Output::open({}));
  json::array list;
  std::size_t wrong_count = 0;
  for (const auto& wanted : judge.rules().cases) {
    const auto checked = check_case(judge, wanted);
    wrong_count += checked.holds() ? 0 : 1;
    if (arguments.format == Format::json) {
      list.push_back(to_json(checked));
    } else {
      output.add(checked_words(checked));
    }
  }
  if (arguments.format == Format::json) {
    output.add(json::serialize(list) + "\n");
  } else {
    output.add(fmt::format("cases: {}, wrong: {}\n", judge.rules().cases.size(), wrong_count));
  }
  TRY(output.finish());
  return int(wrong_count > 0 ? report::ExitCode::findings : report::ExitCode::fine);
}

}  // namespace

int run_command(const CookiesTestArguments& arguments) { return exit_code(test_cookie(arguments)); }
int run_command(const CookiesSetArguments& arguments) { return exit_code(set_rule(arguments)); }
int run_command(const CookiesUnsetArguments& arguments) { return exit_code(unset_rule(arguments)); }
int run_command(const CookiesRulesArguments& arguments) { return exit_code(list_rules(arguments)); }

int run_command(const CookiesCheckArguments& arguments) {
  const auto code = check_cases(arguments);
  return code ? *code : complain(code.error());
}

}  // namespace gannet::app
