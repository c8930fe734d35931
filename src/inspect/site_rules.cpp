#include "inspect/site_rules.hpp"

#include <algorithm>
#include <array>

#include <boost/json/array.hpp>

#include "base/file.hpp"
#include "base/text.hpp"
#include "datasets/json_text.hpp"

namespace gannet::inspect {
namespace {

constexpr std::int64_t k_lifetime_days_max_max = 36'500;
constexpr std::array<std::string_view, 4> k_case_fields = {"name", "domain", "site", "category"};

Result<std::int64_t> parse_days(const boost::json::value& value, std::string_view where) {
  boost::json::error_code code;
  const auto days = value.to_number<std::int64_t>(code);
  if (code || days < 1 || days > k_lifetime_days_max_max) {
    return fail(ErrorKind::invalid, "{}: must be a whole number of days from 1 to {}", where, k_lifetime_days_max_max);
  }
  return days;
}

Result<RuleCase> parse_case(const boost::json::value& value, std::string_view where) {
  const auto* object = value.if_object();
  if (!object) {
    return fail(ErrorKind::invalid,
                R"({}: must be an object such as {{"name": "a", "domain": "shop.example", "category": "analytics"}})", where);
  }
  for (const auto& [field, _] : *object) {
    if (std::ranges::find(k_case_fields, std::string_view(field)) == k_case_fields.end()) {
      return fail(ErrorKind::invalid, "{}: unknown field \"{}\"; known are name, domain, site, category", where,
                  printable(field, 60));
    }
  }
  RuleCase made;
  made.name = TRY(datasets::get_text(*object, "name", where));
  made.domain = TRY(datasets::find_host(*object, "domain", where));
  if (made.domain.empty()) return fail(ErrorKind::invalid, "{}: the field \"domain\" is missing", where);
  made.site = TRY(datasets::find_host(*object, "site", where));
  const std::string category = TRY(datasets::get_text(*object, "category", where));
  const auto parsed = datasets::parse_category(category);
  if (!parsed || *parsed == datasets::Category::unknown) {
    return fail(ErrorKind::invalid, "{}.category: \"{}\" must be necessary, functional, analytics or advertising", where,
                printable(category, 60));
  }
  made.category = *parsed;
  return made;
}

Result<std::vector<RuleCase>> parse_cases(const boost::json::value& value, std::string_view where) {
  const auto* list = value.if_array();
  if (!list) return fail(ErrorKind::invalid, "{}: must be an array of cases", where);
  std::vector<RuleCase> cases;
  for (std::size_t i = 0; i < list->size(); ++i) cases.push_back(TRY(parse_case((*list)[i], fmt::format("{}[{}]", where, i))));
  return cases;
}

}  // namespace

Result<SiteRules> parse_rule_file(std::string_view content, std::string_view name) {
  const boost::json::value json = TRY(datasets::parse_json(content, name));
  const auto* object = json.if_object();
  if (!object) return fail(ErrorKind::invalid, "{}: must be an object with \"rules\" and \"overrides\"", name);
  SiteRules rules;
  for (const auto& [field, value] : *object) {
    const std::string where = fmt::format("{}: {}", name, printable(field, 60));
    if (field == "overrides") {
      rules.overrides = TRY(datasets::NameRules::parse(value, where));
    } else if (field == "rules") {
      rules.rules = TRY(datasets::NameRules::parse(value, where));
    } else if (field == "cases") {
      rules.cases = TRY(parse_cases(value, where));
    } else if (field == "lifetime_days_max") {
      rules.lifetime_days_max = TRY(parse_days(value, where));
    } else {
      return fail(ErrorKind::invalid, "{}: unknown field; known are overrides, rules, cases, lifetime_days_max", where);
    }
  }
  return rules;
}

Result<SiteRules> load_rule_file(const std::filesystem::path& path) {
  const std::string content = TRY(read_file(path, 4_MiB));
  return parse_rule_file(content, path.string());
}

SiteRules layered(SiteRules upper, const SiteRules& lower) {
  upper.overrides.append(lower.overrides);
  upper.rules.append(lower.rules);
  upper.cases.insert(upper.cases.end(), lower.cases.begin(), lower.cases.end());
  if (!upper.lifetime_days_max) upper.lifetime_days_max = lower.lifetime_days_max;
  return upper;
}

}  // namespace gannet::inspect
