#include "conf/impl/values.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>
#include <span>
#include <utility>

#include "base/text.hpp"

namespace gannet::conf {
namespace {

using std::chrono::milliseconds;
using Unit = std::pair<std::string_view, std::int64_t>;

constexpr std::array<Unit, 5> k_time_units{{{"ms", 1}, {"s", 1000}, {"min", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};
constexpr std::array<Unit, 10> k_size_units{{{"", 1},
                                             {"b", 1},
                                             {"k", 1 << 10},
                                             {"kib", 1 << 10},
                                             {"kb", 1000},
                                             {"m", 1 << 20},
                                             {"mib", 1 << 20},
                                             {"mb", 1'000'000},
                                             {"gib", 1 << 30},
                                             {"gb", 1'000'000'000}}};

std::int64_t factor(std::span<const Unit> units, std::string_view name) {
  const auto found = std::ranges::find(units, name, &Unit::first);
  return found == units.end() ? 0 : found->second;
}

/// A number with a unit after it; `bare` is the unit where none is written.
std::optional<std::int64_t> parse_measure(std::string_view text, std::span<const Unit> units, std::string_view bare) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number < 0) return std::nullopt;
  std::string unit = to_lower(trim({end, std::size_t(text.data() + text.size() - end)}));
  if (unit == "m" && !units.empty() && units.front().first == "ms") unit = "min";
  const auto times = factor(units, unit.empty() ? bare : std::string_view(unit));
  if (times == 0 || number > std::numeric_limits<std::int64_t>::max() / times) return std::nullopt;
  return number * times;
}

std::optional<bool> parse_bool(std::string_view text) {
  const std::string word = to_lower(text);
  if (word == "true" || word == "1" || word == "yes" || word == "on") return true;
  if (word == "false" || word == "0" || word == "no" || word == "off") return false;
  return std::nullopt;
}

std::string duration_text(std::int64_t ms) {
  for (const auto& [unit, times] : {Unit{"d", 86'400'000}, Unit{"h", 3'600'000}, Unit{"min", 60'000}, Unit{"s", 1000}})
    if (ms != 0 && ms % times == 0) return fmt::format("{} {}", ms / times, unit);
  return fmt::format("{} ms", ms);
}

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};

}  // namespace

std::string kind_text(const Setting& setting) {
  if (!setting.choices.empty()) {
    std::vector<std::string> words;
    for (const auto word : split(setting.choices, '|')) words.emplace_back(word);
    return join(words, ", ");
  }
  return std::visit(
      Overloaded{
          [](bool Settings::*) { return std::string("true or false"); },
          [&](std::int64_t Settings::*) { return fmt::format("a whole number from {} to {}", setting.min, setting.max); },
          [](std::string Settings::*) { return std::string("text"); },
          [&](Duration Settings::*) {
            const auto times = factor(k_time_units, setting.unit);
            return fmt::format("a duration from {} to {}, in {} where no unit is written", duration_text(setting.min * times),
                               duration_text(setting.max * times), setting.unit);
          },
          [&](Bytes Settings::*) { return fmt::format("a size from {} to {} bytes, such as 512KiB", setting.min, setting.max); },
          [](List Settings::*) { return std::string("a list separated by commas"); }},
      setting.member);
}

std::expected<void, std::string> assign(const Setting& setting, std::string_view text, Settings& settings) {
  text = trim(text);
  const auto wrong = [&]() -> std::expected<void, std::string> { return std::unexpected(kind_text(setting)); };
  const auto is_outside = [&](std::int64_t value) { return value < setting.min || value > setting.max; };
  return std::visit(Overloaded{[&](bool Settings::* member) {
                                 const auto value = parse_bool(text);
                                 if (!value) return wrong();
                                 settings.*member = *value;
                                 return std::expected<void, std::string>();
                               },
                               [&](std::int64_t Settings::* member) {
                                 const auto value = parse_measure(text, k_size_units, "");
                                 const bool is_plain =
                                     !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
                                 if (!value || !is_plain || is_outside(*value)) return wrong();
                                 settings.*member = *value;
                                 return std::expected<void, std::string>();
                               },
                               [&](std::string Settings::* member) {
                                 std::string value(text);
                                 if (!setting.choices.empty()) {
                                   value = to_lower(value);
                                   const auto words = split(setting.choices, '|');
                                   if (std::ranges::find(words, std::string_view(value)) == words.end()) return wrong();
                                 }
                                 settings.*member = std::move(value);
                                 return std::expected<void, std::string>();
                               },
                               [&](Duration Settings::* member) {
                                 const auto value = parse_measure(text, k_time_units, setting.unit);
                                 const auto times = factor(k_time_units, setting.unit);
                                 if (!value || *value < setting.min * times || *value > setting.max * times) return wrong();
                                 settings.*member = milliseconds(*value);
                                 return std::expected<void, std::string>();
                               },
                               [&](Bytes Settings::* member) {
                                 const auto value = parse_measure(text, k_size_units, "");
                                 if (!value || is_outside(*value)) return wrong();
                                 settings.*member = Bytes{std::uint64_t(*value)};
                                 return std::expected<void, std::string>();
                               },
                               [&](List Settings::* member) {
                                 List values;
                                 for (const auto part : split(text, ','))
                                   if (!trim(part).empty()) values.emplace_back(trim(part));
                                 settings.*member = std::move(values);
                                 return std::expected<void, std::string>();
                               }},
                    setting.member);
}

std::string to_text(const Setting& setting, const Settings& settings) {
  return std::visit(Overloaded{[&](bool Settings::* member) { return std::string(settings.*member ? "true" : "false"); },
                               [&](std::int64_t Settings::* member) { return std::to_string(settings.*member); },
                               [&](std::string Settings::* member) { return settings.*member; },
                               [&](Duration Settings::* member) {
                                 const auto ms = (settings.*member).count();
                                 const auto times = factor(k_time_units, setting.unit);
                                 return ms % times == 0 ? std::to_string(ms / times) : fmt::format("{}ms", ms);
                               },
                               [&](Bytes Settings::* member) { return std::to_string((settings.*member).count); },
                               [&](List Settings::* member) { return join(settings.*member, ", "); }},
                    setting.member);
}

}  // namespace gannet::conf
