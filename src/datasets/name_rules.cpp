#include "datasets/name_rules.hpp"

#include <algorithm>
#include <array>

#include <boost/json/array.hpp>

#include "base/text.hpp"
#include "datasets/host_suffix.hpp"
#include "datasets/json_text.hpp"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

namespace gannet::datasets {
namespace {

constexpr std::size_t k_name_bytes_max = 4096;
// Backtracking steps: far above what an honest pattern needs on 4096 bytes, some milliseconds at worst.
constexpr std::uint32_t k_match_limit = 100'000;
constexpr std::uint32_t k_heap_limit_kib = 1024;
constexpr std::array<std::string_view, 3> k_match_fields = {"name", "prefix", "regex"};
constexpr std::array<std::string_view, 5> k_other_fields = {"category", "domain", "site", "platform", "description"};

template <std::size_t N>
bool has_value(const std::array<std::string_view, N>& values, std::string_view value) {
  return std::ranges::find(values, value) != values.end();
}

Result<std::shared_ptr<const void>> compile(const std::string& pattern, std::string_view where) {
  int code = 0;
  PCRE2_SIZE offset = 0;
  const auto* text = reinterpret_cast<PCRE2_SPTR>(pattern.data());
  pcre2_code* compiled = pcre2_compile(
      text, pattern.size(), PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_DOTALL | PCRE2_NEVER_BACKSLASH_C, &code, &offset, nullptr);
  if (!compiled) {
    std::array<PCRE2_UCHAR, 256> words{};
    pcre2_get_error_message(code, words.data(), words.size());
    return fail(ErrorKind::invalid, "{}.regex: {} at character {}; give a PCRE2 pattern for the whole name, such as \"_ga_.+\"",
                where, reinterpret_cast<const char*>(words.data()), offset + 1);
  }
  return std::shared_ptr<const void>(compiled,
                                     [](const void* p) { pcre2_code_free(static_cast<pcre2_code*>(const_cast<void*>(p))); });
}

bool matches(const void* code, std::string_view name) {
  const std::unique_ptr<pcre2_match_context, decltype(&pcre2_match_context_free)> limits(pcre2_match_context_create(nullptr),
                                                                                         pcre2_match_context_free);
  pcre2_set_match_limit(limits.get(), k_match_limit);
  pcre2_set_heap_limit(limits.get(), k_heap_limit_kib);
  const std::unique_ptr<pcre2_match_data, decltype(&pcre2_match_data_free)> found(pcre2_match_data_create(1, nullptr),
                                                                                  pcre2_match_data_free);
  return pcre2_match(static_cast<const pcre2_code*>(code), reinterpret_cast<PCRE2_SPTR>(name.data()), name.size(), 0, 0,
                     found.get(), limits.get()) >= 0;
}

Result<NameRule> parse_rule(const boost::json::value& value, std::string_view where) {
  const auto* object = value.if_object();
  if (!object)
    return fail(ErrorKind::invalid, "{}: must be an object such as {{\"name\": \"_ga\", \"category\": \"analytics\"}}", where);
  for (const auto& [field, _] : *object) {
    if (!has_value(k_match_fields, field) && !has_value(k_other_fields, field)) {
      return fail(ErrorKind::invalid,
                  "{}: unknown field \"{}\"; known are name, prefix, regex, category, domain, site, platform, description", where,
                  printable(field, 60));
    }
  }
  const auto given = std::ranges::count_if(k_match_fields, [&](auto field) { return object->contains(field); });
  if (given != 1)
    return fail(ErrorKind::invalid, "{}: give exactly one of \"name\", \"prefix\" and \"regex\"; {} are there", where, given);

  NameRule rule;
  const auto field = *std::ranges::find_if(k_match_fields, [&](auto name) { return object->contains(name); });
  rule.match = field == "name" ? NameMatch::exact : field == "prefix" ? NameMatch::prefix : NameMatch::regex;
  rule.text = TRY(get_text(*object, field, where));
  if (rule.text.empty()) return fail(ErrorKind::invalid, "{}.{}: is empty and would match nothing or everything", where, field);
  const std::string category = TRY(get_text(*object, "category", where));
  const auto parsed = parse_category(category);
  if (!parsed || *parsed == Category::unknown) {
    return fail(ErrorKind::invalid, "{}.category: \"{}\" must be necessary, functional, analytics or advertising", where,
                printable(category, 60));
  }
  rule.category = *parsed;
  rule.domain = TRY(find_host(*object, "domain", where));
  rule.site = TRY(find_host(*object, "site", where));
  rule.platform = TRY(find_text(*object, "platform", where));
  rule.description = TRY(find_text(*object, "description", where));
  rule.place = where;
  return rule;
}

}  // namespace

std::string NameRule::describe() const {
  const std::string pattern = match == NameMatch::exact ? text : match == NameMatch::prefix ? text + "*" : "/" + text + "/";
  return platform.empty() ? pattern : fmt::format("{} of {}", pattern, platform);
}

Result<NameRules> NameRules::parse(const boost::json::value& array, std::string_view where) {
  const auto* items = array.if_array();
  if (!items) return fail(ErrorKind::invalid, "{}: must be an array of rules", where);
  NameRules rules;
  rules.rules_.reserve(items->size());
  for (std::size_t i = 0; i < items->size(); ++i) {
    const std::string place = fmt::format("{}[{}]", where, i);
    Compiled compiled{.rule = TRY(parse_rule((*items)[i], place)), .code = nullptr};
    if (compiled.rule.match == NameMatch::regex) compiled.code = TRY(compile(compiled.rule.text, place));
    rules.rules_.push_back(std::move(compiled));
  }
  return rules;
}

std::vector<NameRule> NameRules::list() const {
  std::vector<NameRule> rules;
  rules.reserve(rules_.size());
  for (const auto& [rule, code] : rules_) rules.push_back(rule);
  return rules;
}

const NameRule* NameRules::find(std::string_view name, std::string_view domain, std::string_view site) const {
  if (name.size() > k_name_bytes_max) return nullptr;
  for (const auto& [rule, code] : rules_) {
    if (!rule.domain.empty() && !is_under(domain, rule.domain)) continue;
    if (!rule.site.empty() && !is_under(site, rule.site)) continue;
    const bool is_match = rule.match == NameMatch::exact    ? name == rule.text
                          : rule.match == NameMatch::prefix ? name.size() > rule.text.size() && name.starts_with(rule.text)
                                                            : matches(code.get(), name);
    if (is_match) return &rule;
  }
  return nullptr;
}

}  // namespace gannet::datasets
