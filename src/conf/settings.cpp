#include "conf/settings.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <filesystem>
#include <utility>

#include <sys/stat.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "conf/impl/values.hpp"

namespace gannet::conf {
namespace {

template <class F>
void for_each_setting(F f) {
  for (const auto& group : setting_groups())
    for (const auto& setting : group.settings) f(setting);
}

/// Levenshtein's distance, with two rows.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, replaced}));
    }
  }
  return row[b.size()];
}

struct Nearest {
  std::string_view name;
  std::size_t distance = 1000;
};

Nearest nearest_name(std::string_view unknown) {
  Nearest nearest;
  const auto consider = [&](std::string_view name) {
    if (name.empty()) return;
    if (const auto far = distance(unknown, name); far < nearest.distance) nearest = {name, far};
  };
  for_each_setting([&](const Setting& setting) {
    consider(setting.name);
    consider(setting.alias);
  });
  return nearest;
}

bool is_known(std::string_view name) { return nearest_name(name).distance == 0; }

/// What the guide recommends for machines of these sizes (guide 000, "Adjusting for your environment", "Performance Tuning").
std::map<std::string, std::string> preset_values(std::string_view preset, Bytes memory) {
  using Values = std::map<std::string, std::string>;
  const Values low{{"MAX_WORKERS", "5"},
                   {"SCHEDULE_CHECK_INTERVAL", "120"},
                   {"MAX_CONCURRENT_QUICK", "3"},
                   {"BROWSER_POOL_SIZE", "2"},
                   {"PAGES_PER_BROWSER", "10"}};
  if (preset == "low") return low;
  if (preset == "high")
    return {{"MAX_WORKERS", "20"},       {"SCHEDULE_CHECK_INTERVAL", "30"}, {"BROWSER_POOL_SIZE", "8"},
            {"PAGES_PER_BROWSER", "30"}, {"DATABASE_POOL_MIN_SIZE", "10"},  {"DATABASE_POOL_MAX_SIZE", "50"}};
  if (preset != "auto") return {};
  // A machine sold as 8 GB reports a little less.
  const auto has = [memory](std::uint64_t gib) { return memory.count >= (gib << 30) / 10 * 9; };
  if (has(64)) return {{"BROWSER_POOL_SIZE", "10"}, {"PAGES_PER_BROWSER", "50"}};
  if (has(32)) return {{"BROWSER_POOL_SIZE", "8"}, {"PAGES_PER_BROWSER", "30"}};
  if (has(16)) return {{"BROWSER_POOL_SIZE", "5"}, {"PAGES_PER_BROWSER", "20"}};
  if (has(8)) return {{"BROWSER_POOL_SIZE", "3"}, {"PAGES_PER_BROWSER", "10"}};
  return low;
}

/// The value of a setting in one layer, by either of its names.
Result<std::optional<std::string>> value_in(const Layer& layer, const Setting& setting) {
  const auto named = layer.values.find(std::string(setting.name));
  const auto aliased = setting.alias.empty() ? layer.values.end() : layer.values.find(std::string(setting.alias));
  if (named == layer.values.end() && aliased == layer.values.end()) return std::nullopt;
  if (named != layer.values.end() && aliased != layer.values.end() && named->second != aliased->second)
    return fail(ErrorKind::invalid, "{} and {} are two names of one setting and differ in the {}; keep one of them", setting.name,
                setting.alias, layer.source);
  const std::string& value = named != layer.values.end() ? named->second : aliased->second;
  // An empty value clears a text; elsewhere it is as good as none, as `export REDIS_PORT=` means.
  if (value.empty() && !std::holds_alternative<std::string Settings::*>(setting.member)) return std::nullopt;
  return value;
}

void check_names(const Layer& layer, std::vector<std::string>& problems) {
  if (!layer.is_ours) return;
  for (const auto& [name, value] : layer.values) {
    const auto nearest = nearest_name(name);
    if (nearest.distance != 0)
      problems.push_back(
          fmt::format("{} in the {} is no setting; did you mean {}?", printable(name, 100), layer.source, nearest.name));
  }
}

/// Reads a .env-like value from after the "=". Error: the reason.
std::expected<std::string, std::string> parse_value(std::string_view text) {
  text = trim(text);
  if (text.empty()) return "";
  const char quote = text.front();
  if (quote != '"' && quote != '\'') {
    const auto comment = text.starts_with('#') ? 0 : text.find(" #");
    return std::string(trim(text.substr(0, comment)));
  }
  std::string value;
  std::size_t at = 1;
  for (; at < text.size() && text[at] != quote; ++at) {
    if (quote == '"' && text[at] == '\\' && at + 1 < text.size()) {
      const char escaped = text[++at];
      value += escaped == 'n' ? '\n' : escaped;
    } else {
      value += text[at];
    }
  }
  if (at >= text.size()) return std::unexpected(fmt::format("the quote {} is not closed", quote));
  const auto rest = trim(text.substr(at + 1));
  if (!rest.empty() && !rest.starts_with('#')) return std::unexpected("there is text after the closing quote");
  return value;
}

bool is_name(std::string_view name) {
  return !name.empty() &&
         std::ranges::all_of(name, [](char c) { return c == '_' || std::isalnum(static_cast<unsigned char>(c)); });
}

}  // namespace

Result<std::map<std::string, std::string>> parse_lines(std::string_view text) {
  std::map<std::string, std::string> values;
  int number = 0;
  for (auto line : split(text, '\n')) {
    ++number;
    line = trim(line);
    if (line.empty() || line.starts_with('#')) continue;
    if (line.starts_with("export ")) line = trim(line.substr(7));
    const auto equals = line.find('=');
    const auto name = trim(line.substr(0, equals));
    if (equals == std::string_view::npos || !is_name(name)) return fail(ErrorKind::invalid, "line {} is not NAME=VALUE", number);
    auto value = parse_value(line.substr(equals + 1));
    if (!value) return fail(ErrorKind::invalid, "line {}: {}", number, value.error());
    values.insert_or_assign(std::string(name), std::move(*value));
  }
  return values;
}

Result<Settings> resolve(std::span<const Layer> layers, PresetInput input) {
  std::vector<std::string> problems;
  for (const auto& layer : layers) check_names(layer, problems);

  std::string preset;
  for (const auto& layer : layers)
    if (const auto found = layer.values.find("GANNET_PRESET"); found != layer.values.end()) preset = to_lower(found->second);
  std::vector<Layer> all{{.source = fmt::format("preset {}", preset), .values = preset_values(preset, input.memory)}};
  all.insert(all.end(), layers.begin(), layers.end());

  Settings settings;
  for_each_setting([&](const Setting& setting) {
    std::string text(setting.default_text);
    std::string source = "default";
    for (const auto& layer : all) {
      auto value = value_in(layer, setting);
      if (!value) {
        problems.push_back(value.error().message());
      } else if (*value) {
        text = **value;
        source = layer.source;
        settings.origins.insert_or_assign(std::string(setting.name), source);
      }
    }
    if (auto assigned = assign(setting, text, settings); !assigned)
      problems.push_back(fmt::format("{} in the {} is \"{}\"; it must be {}", setting.name, source,
                                     setting.is_secret ? "***" : printable(text, 100), assigned.error()));
  });
  if (settings.database_pool_min_size > settings.database_pool_max_size)
    problems.push_back(fmt::format("DATABASE_POOL_MIN_SIZE {} is more than DATABASE_POOL_MAX_SIZE {}",
                                   settings.database_pool_min_size, settings.database_pool_max_size));
  if (!problems.empty()) return fail(ErrorKind::invalid, "{}", join(problems, "\n"));
  return settings;
}

Result<Sources> load_sources(const std::string& path, const std::string& folder,
                             const std::function<const char*(const char*)>& get_environment) {
  Sources sources;
  if (!path.empty()) {
    auto values = parse_lines(TRY(read_file(path, 1_MiB)));
    if (!values) return pass(values, path);
    sources.layers.push_back({.source = "file " + path, .values = std::move(*values), .is_ours = true});
  }
  const std::string dotenv = (std::filesystem::path(folder) / ".env").string();
  if (std::filesystem::exists(dotenv)) {
    auto values = parse_lines(TRY(read_file(dotenv, 1_MiB)));
    if (!values) return pass(values, dotenv);
    struct stat status{};
    if (::stat(dotenv.c_str(), &status) == 0 && (status.st_mode & 077) != 0)
      sources.warnings.push_back(
          fmt::format("{} can be read by other users and may hold secrets; run: chmod 600 {}", dotenv, dotenv));
    for (const auto& [name, value] : *values)
      if (const auto nearest = nearest_name(name); !is_known(name) && nearest.distance <= 2)
        sources.warnings.push_back(fmt::format("{}: {} is no setting of gannet; did you mean {}?", dotenv, name, nearest.name));
    sources.layers.push_back({.source = "file " + dotenv, .values = std::move(*values)});
  }
  Layer environment{.source = "environment"};
  for_each_setting([&](const Setting& setting) {
    for (const auto name : {setting.name, setting.alias})
      if (const char* value = name.empty() ? nullptr : get_environment(std::string(name).c_str()))
        environment.values.emplace(name, value);
  });
  sources.layers.push_back(std::move(environment));
  return sources;
}

std::string shown_value(const Setting& setting, const Settings& settings) {
  std::string text = to_text(setting, settings);
  if (!setting.is_secret || text.empty()) return text;
  // Of an address only the password is secret.
  const auto scheme = text.find("://");
  if (scheme == std::string::npos) return "***";
  const auto at = text.rfind('@', text.find('/', scheme + 3));
  if (at == std::string::npos || at < scheme) return text;
  const auto colon = text.find(':', scheme + 3);
  return colon < at ? text.substr(0, colon + 1) + "***" + text.substr(at) : text;
}

Reload reload(Settings& running, const Settings& read) {
  Reload reload;
  for (const auto& group : setting_groups())
    for (const auto& setting : group.settings)
      std::visit(
          [&](auto member) {
            if (running.*member == read.*member) return;
            (setting.is_reloaded ? reload.changed : reload.waiting).emplace_back(setting.name);
            if (setting.is_reloaded) running.*member = read.*member;
          },
          setting.member);
  return reload;
}

std::string describe(const Settings& settings) {
  std::string out;
  for (const auto& group : setting_groups()) {
    fmt::format_to(std::back_inserter(out), "{}# {}\n", out.empty() ? "" : "\n", group.title);
    for (const auto& setting : group.settings) {
      const auto origin = settings.origins.find(setting.name);
      fmt::format_to(std::back_inserter(out), "{}={:<{}}  # {}\n", setting.name, shown_value(setting, settings),
                     setting.name.size() < 38 ? 38 - setting.name.size() : 1,
                     origin == settings.origins.end() ? "default" : origin->second);
    }
  }
  return out;
}

}  // namespace gannet::conf
