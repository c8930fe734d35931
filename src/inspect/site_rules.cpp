#include "inspect/site_rules.hpp"

#include "base/file.hpp"
#include "base/text.hpp"
#include "datasets/json_text.hpp"

namespace gannet::inspect {
namespace {

constexpr std::int64_t k_lifetime_days_max_max = 36'500;

Result<std::int64_t> parse_days(const boost::json::value& value, std::string_view where) {
  boost::json::error_code code;
  const auto days = value.to_number<std::int64_t>(code);
  if (code || days < 1 || days > k_lifetime_days_max_max) {
    return fail(ErrorKind::invalid, "{}: must be a whole number of days from 1 to {}", where, k_lifetime_days_max_max);
  }
  return days;
}

}  // namespace

Result<SiteRules> load_rule_file(const std::filesystem::path& path) {
  const std::string content = TRY(read_file(path, 4_MiB));
  const std::string name = path.string();
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
    } else if (field == "lifetime_days_max") {
      rules.lifetime_days_max = TRY(parse_days(value, where));
    } else {
      return fail(ErrorKind::invalid, "{}: unknown field; known are overrides, rules, lifetime_days_max", where);
    }
  }
  return rules;
}

}  // namespace gannet::inspect
