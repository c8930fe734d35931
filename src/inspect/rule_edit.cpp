#include "inspect/rule_edit.hpp"

#include <algorithm>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "base/text.hpp"
#include "datasets/json_text.hpp"
#include "inspect/site_rules.hpp"

namespace gannet::inspect {
namespace {

namespace json = boost::json;

/// Checked as a whole first: a file that could not be loaded is not edited either.
Result<json::object> parse_checked(std::string_view content, std::string_view file) {
  if (trim(content).empty()) return json::object();
  if (auto checked = parse_rule_file(content, file); !checked) return pass(checked);
  return TRY(datasets::parse_json(content, file)).as_object();
}

std::string_view list_name(const DecisionKey& key) { return key.site.empty() ? "rules" : "overrides"; }

bool is_about(const json::value& entry, const DecisionKey& key) {
  const auto& object = entry.as_object();
  const auto host = [&](std::string_view field) { return datasets::find_host(object, field, "").value_or(""); };
  const auto* name = object.if_contains("name");
  return name && name->as_string() == key.name && host("domain") == key.domain && host("site") == key.site;
}

json::array& list_of(json::object& file, std::string_view name) {
  auto& value = file[name];
  if (!value.is_array()) value = json::array();
  return value.as_array();
}

json::object new_entry(const DecisionKey& key) {
  json::object entry{{"name", key.name}, {"domain", key.domain}};
  if (!key.site.empty()) entry["site"] = key.site;
  return entry;
}

/// The entry with this key, or a new one at the place.
json::object& entry_at(json::array& list, const DecisionKey& key, std::size_t place) {
  const auto found = std::ranges::find_if(list, [&](const json::value& entry) { return is_about(entry, key); });
  if (found != list.end()) return found->as_object();
  return list.insert(list.begin() + std::ptrdiff_t(place), new_entry(key))->as_object();
}

bool remove_from(json::object& file, std::string_view name, const DecisionKey& key) {
  auto* value = file.if_contains(name);
  if (!value) return false;
  json::array kept;
  for (const auto& entry : value->as_array()) {
    if (!is_about(entry, key)) kept.push_back(entry);
  }
  const bool is_removed = kept.size() < value->as_array().size();
  *value = std::move(kept);
  return is_removed;
}

std::string write(const json::object& file) {
  std::string text = "{";
  for (const auto& [name, value] : file) {
    text += (text.size() > 1 ? ",\n  " : "\n  ") + json::serialize(json::string(name)) + ": ";
    if (!value.is_array() || value.as_array().empty()) {
      text += json::serialize(value);
      continue;
    }
    std::vector<std::string> lines;
    for (const auto& entry : value.as_array()) lines.push_back("    " + json::serialize(entry));
    text += "[\n" + join(lines, ",\n") + "\n  ]";
  }
  return text + "\n}\n";
}

}  // namespace

Result<std::string> with_decision(std::string_view content, std::string_view file, const Decision& decision) {
  json::object edited = TRY(parse_checked(content, file));
  auto& rule = entry_at(list_of(edited, list_name(decision.key)), decision.key, 0);
  rule["category"] = json::string(to_string(decision.category));
  if (!decision.note.empty()) rule["description"] = decision.note;
  auto& cases = list_of(edited, "cases");
  entry_at(cases, decision.key, cases.size())["category"] = json::string(to_string(decision.category));
  std::string text = write(edited);
  // What the next run could not read is not written.
  if (auto checked = parse_rule_file(text, file); !checked) return pass(checked);
  return text;
}

Result<std::string> without_decision(std::string_view content, std::string_view file, const DecisionKey& key) {
  json::object edited = TRY(parse_checked(content, file));
  const bool had_rule = remove_from(edited, list_name(key), key);
  const bool had_case = remove_from(edited, "cases", key);
  if (!had_rule && !had_case) {
    return fail(ErrorKind::not_found, "{}: no rule or case for \"{}\" with the domain {}{}; 'gannet cookies rules' lists them",
                file, printable(key.name, 100), printable(key.domain, 100),
                key.site.empty() ? "" : " at the site " + printable(key.site, 100));
  }
  return write(edited);
}

}  // namespace gannet::inspect
