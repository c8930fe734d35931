#include "consent/autoconsent.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "base/file.hpp"
#include "base/text.hpp"

namespace gannet::consent {

namespace json = boost::json;

namespace {

constexpr std::string_view k_config =
    R"({"enabled":true,"autoAction":null,"disabledCmps":[],"enablePrehide":false,)"
    R"("enableCosmeticRules":false,"enableGeneratedRules":true,"isMainWorld":false,)"
    R"("enableHeuristicDetection":false,"heuristicMode":"off","logs":{"lifecycle":false,)"
    R"("rulesteps":false,"detectionsteps":false,"evals":false,"errors":false,"messages":false,"waits":false},"detectRetries":)";

bool has_entries(const json::object& rule, std::string_view key) {
  const auto* steps = rule.if_contains(key);
  return steps && steps->is_array() && !steps->get_array().empty();
}

/// runContext of a rule: the main frame unless it says otherwise.
bool runs_in(const json::object& rule, std::string_view where, bool by_default) {
  const auto* context = rule.if_contains("runContext");
  if (!context || !context->is_object()) return by_default;
  const auto* value = context->get_object().if_contains(where);
  return value && value->is_bool() ? value->get_bool() : by_default;
}

std::string_view url_pattern(const json::object& rule) {
  const auto* context = rule.if_contains("runContext");
  if (!context || !context->is_object()) return "";
  const auto* pattern = context->get_object().if_contains("urlPattern");
  return pattern && pattern->is_string() ? std::string_view(pattern->get_string()) : "";
}

void append_rule(std::string& list, std::string_view rule) {
  if (!list.empty()) list += ',';
  list += rule;
}

}  // namespace

Result<std::shared_ptr<const Autoconsent>> Autoconsent::load(const std::filesystem::path& package_folder) {
  auto script = TRY(read_file(package_folder / "dist" / "autoconsent.playwright.js"));
  const auto rules = TRY(read_file(package_folder / "rules" / "rules.json"));
  return make(std::move(script), rules);
}

Result<std::shared_ptr<const Autoconsent>> Autoconsent::make(std::string content_script, std::string_view rules_json) {
  if (content_script.find("autoconsentSendMessage") == std::string::npos) {
    return fail(ErrorKind::invalid,
                "the autoconsent script does not use autoconsentSendMessage; dist/autoconsent.playwright.js does");
  }
  boost::system::error_code error;
  const auto data = json::parse(json::string_view(rules_json.data(), rules_json.size()), error);
  const auto* rules = !error && data.is_object() ? data.get_object().if_contains("autoconsent") : nullptr;
  if (!rules || !rules->is_array())
    return fail(ErrorKind::invalid, "the autoconsent rules are not an object with an array 'autoconsent'");

  auto made = std::make_shared<Autoconsent>();
  made->content_script_ = std::move(content_script);
  json::array patterns;
  for (const auto& entry : rules->get_array()) {
    const auto* rule = entry.if_object();
    const auto* name = rule ? rule->if_contains("name") : nullptr;
    if (!name || !name->is_string()) return fail(ErrorKind::invalid, "an autoconsent rule has no name");
    const std::string key(name->get_string());
    if (!has_entries(*rule, "optIn")) made->without_opt_in_.insert(key);
    if (!has_entries(*rule, "optOut")) made->without_opt_out_.insert(key);
    const auto text = json::serialize(entry);
    if (const auto pattern = url_pattern(*rule); !pattern.empty()) {
      patterns.emplace_back(json::string_view(pattern.data(), pattern.size()));
      made->site_rules_.push_back(text);
    } else {
      if (runs_in(*rule, "main", true)) append_rule(made->generic_rules_main_, text);
      if (runs_in(*rule, "frame", false)) append_rule(made->generic_rules_frame_, text);
    }
    ++made->rule_count_;
  }
  made->patterns_json_ = json::serialize(patterns);
  return made;
}

std::string Autoconsent::init_response(const Document& document) const {
  std::string rules = document.is_main_frame ? generic_rules_main_ : generic_rules_frame_;
  for (const auto index : document.matching_patterns) {
    if (index < site_rules_.size()) append_rule(rules, site_rules_[index]);
  }
  return fmt::format(R"({{"type":"initResp","config":{}{}}},"rules":{{"autoconsent":[{}]}}}})", k_config,
                     document.has_banner_in_sight ? 0 : 1, rules);
}

bool Autoconsent::has_steps(const std::string& rule, Choice choice) const {
  return !(choice == Choice::accept ? without_opt_in_ : without_opt_out_).contains(rule);
}

}  // namespace gannet::consent
