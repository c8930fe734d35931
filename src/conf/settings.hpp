// Settings of the service, declared once (settings.cpp): that table gives the defaults, the checks, `gannet config` and
// docs/settings.md. Sources, the later one wins: defaults, preset, file, .env, environment, flags. Pure but for load_files.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.hpp"
#include "base/units.hpp"

namespace gannet::conf {

using Duration = std::chrono::milliseconds;
using List = std::vector<std::string>;

/// The values in effect. What each one means stands in the table; here they are in its order.
struct Settings {
  std::string data_dir, data_sets, browser, preset;
  Duration shutdown_grace{};

  std::string database_url;
  std::int64_t database_pool_min_size{}, database_pool_max_size{};

  std::string redis_url, redis_host;
  std::int64_t redis_port{}, redis_db{};
  std::string redis_password;

  std::int64_t max_workers{};
  Duration schedule_check_interval{}, lock_timeout{};
  std::string scheduler_timezone;
  bool job_replace_existing_instance{};
  std::int64_t job_max_instances{};
  bool job_coalesce{};
  Duration job_misfire_grace_time{};

  bool enable_api_sync{};
  Duration api_sync_interval{};
  std::string api_url;
  Duration request_timeout{};

  std::int64_t max_concurrent_quick{}, browser_pool_size{}, pages_per_browser{};
  Duration scan_timeout{};
  List allow_net;

  std::string api_host;
  std::int64_t api_port{}, api_workers{}, api_connections_max{};
  Bytes api_body_bytes_max;
  List cors_origins, trusted_proxies;
  std::int64_t rate_limit_requests{}, rate_limit_schedules{};
  Duration rate_limit_window{};
  std::string health_status_word;

  std::string jwt_secret_key, jwt_secret_key_previous;
  Duration jwt_expiration{}, refresh_token_lifetime{};
  std::int64_t password_min_length{}, lockout_attempts{};
  Duration lockout_window{};

  std::string log_level, log_format, log_dir;

  Duration retention_executions{}, retention_scans{}, retention_screenshots{}, retention_events{}, retention_audit{};

  /// Where each value that is not a default came from: name → "environment", "file /etc/gannet.conf", …
  std::map<std::string, std::string, std::less<>> origins{};
  bool is_given(std::string_view name) const { return origins.contains(name); }
};

/// One line of the table.
struct Setting {
  using Member = std::variant<bool Settings::*, std::int64_t Settings::*, std::string Settings::*, Duration Settings::*,
                              Bytes Settings::*, List Settings::*>;
  std::string_view name;
  Member member;
  std::string_view default_text;
  std::string_view doc;
  std::string_view unit{};  // Of a bare number in a duration: "s", "min", "h" or "d".
  std::int64_t min = 0;     // Of numbers; of durations in their unit, of sizes in bytes.
  std::int64_t max = 1'000'000'000;
  std::string_view choices{};  // "text|json": nothing else is accepted.
  std::string_view alias{};    // Another name for it.
  std::string_view guides{};   // Which guides print it.
  bool is_secret = false;      // Not shown.
  bool is_reloaded = false;    // Takes effect while the service runs.
};

/// Groups in the order of the documentation.
struct SettingGroup {
  std::string_view title;
  std::span<const Setting> settings;
};
std::span<const SettingGroup> setting_groups();

/// Values from one source, by name as written there.
struct Layer {
  std::string source;
  std::map<std::string, std::string> values{};
  /// Unknown names are errors (our own file, flags) or left to others (.env, environment).
  bool is_ours = false;
};

/// What the preset that the layers choose adds below them; `memory` is the machine's, for "auto".
struct PresetInput {
  Bytes memory;
};

/// Applies the layers in order, the later one wins. Error `invalid` names every setting that is wrong, where it was written, and
/// what would be right.
Result<Settings> resolve(std::span<const Layer> layers, PresetInput input);

/// KEY=VALUE lines, as in .env files: "export " is allowed before, values may be quoted, # begins a comment. Error `invalid` with
/// the line.
Result<std::map<std::string, std::string>> parse_lines(std::string_view text);

/// The layers of a file (none where `path` is empty), of ".env" in `folder` where there is one, and of the environment.
struct Sources {
  std::vector<Layer> layers;
  std::vector<std::string> warnings;  // Such as a .env file with secrets that others may read.
};
Result<Sources> load_sources(const std::string& path, const std::string& folder,
                             const std::function<const char*(const char*)>& get_environment);

/// What was read again while the service runs.
struct Reload {
  std::vector<std::string> changed{};  // Taken over.
  std::vector<std::string> waiting{};  // Different, and for the next start.
};
/// Takes over into `running` what of `read` can take effect; what cannot stays as it was.
Reload reload(Settings& running, const Settings& read);

/// One setting as text for people: secrets and passwords in URLs are masked.
std::string shown_value(const Setting& setting, const Settings& settings);

/// The table for `gannet config`: name, value, where it came from.
std::string describe(const Settings& settings);

/// docs/settings.md.
std::string settings_page();

}  // namespace gannet::conf
