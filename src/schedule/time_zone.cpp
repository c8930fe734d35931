#include "schedule/time_zone.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>

#include "base/file.hpp"
#include "base/text.hpp"
#include "schedule/impl/tzif.hpp"

namespace gannet::schedule {

using std::chrono::seconds;
using std::chrono::sys_seconds;

namespace {

constexpr std::string_view k_zone_folder = "/usr/share/zoneinfo";
/// The largest of 2026 has 3.5 kB.
constexpr Bytes k_zone_file_max = 256_KiB;

/// Folders and files beside the zones that are none, or the same once more with leap seconds.
constexpr std::string_view k_not_zones[] = {"posix", "right", "localtime", "posixrules", "Factory"};

Error unknown_zone(std::string_view name) {
  return Error(ErrorKind::invalid, fmt::format("timezone is '{}', which is no IANA time zone known here (tzdata {}); right would "
                                               "be a name such as UTC, Europe/Berlin or America/New_York",
                                               printable(name, 60), tzdata_version()));
}

/// The name becomes a path, so nothing but the characters of zone names may be in it.
bool is_zone_name(std::string_view name) {
  const auto is_fine = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '+' ||
           c == '/';
  };
  if (name.empty() || name.size() > 60 || name.front() == '/' || !std::ranges::all_of(name, is_fine)) return false;
  const auto folder = name.substr(0, name.find('/'));
  return std::ranges::find(k_not_zones, folder) == std::end(k_not_zones);
}

std::string read_tzdata_version() {
  // Debian and most others install the compact source, which opens with its release; some install a file of only that.
  if (auto text = read_file(std::filesystem::path(k_zone_folder) / "tzdata.zi", 4_MiB)) {
    constexpr std::string_view k_opening = "# version ";
    if (text->starts_with(k_opening))
      return std::string(trim(text->substr(k_opening.size(), text->find('\n') - k_opening.size())));
  }
  if (auto text = read_file(std::filesystem::path(k_zone_folder) / "+VERSION", 1_KiB)) return std::string(trim(*text));
  return "unknown";
}

}  // namespace

const TimeZone& TimeZone::utc() {
  static const TimeZone zone("UTC", {{sys_seconds::min(), sys_seconds::max(), seconds(0)}});
  return zone;
}

Result<TimeZone> TimeZone::parse(std::string name, std::string_view tzif) {
  const auto transitions = TRY(impl::read_tzif(tzif, k_year_max));
  std::vector<Period> periods{{sys_seconds::min(), sys_seconds::max(), transitions.first_offset}};
  for (const auto& [at, offset] : transitions.changes) {
    if (offset == periods.back().offset) continue;
    periods.back().end = at;
    periods.push_back({at, sys_seconds::max(), offset});
  }
  return TimeZone(std::move(name), std::move(periods));
}

std::size_t TimeZone::index_at(sys_seconds at) const {
  const auto after = std::ranges::upper_bound(periods_, at, {}, &Period::begin);
  return std::size_t(after - periods_.begin()) - 1;
}

Result<const TimeZone*> find_zone(std::string_view name) {
  if (name == "UTC") return &TimeZone::utc();
  if (!is_zone_name(name)) return std::unexpected(unknown_zone(name));
  static std::mutex mutex;
  static std::map<std::string, std::unique_ptr<const TimeZone>, std::less<>> zones;
  const std::lock_guard lock(mutex);
  if (const auto found = zones.find(name); found != zones.end()) return found->second.get();
  const auto bytes = read_file(std::filesystem::path(k_zone_folder) / name, k_zone_file_max);
  if (!bytes) return std::unexpected(unknown_zone(name));
  auto zone = TimeZone::parse(std::string(name), *bytes);
  if (!zone) return std::unexpected(unknown_zone(name));
  return zones.emplace(name, std::make_unique<const TimeZone>(std::move(*zone))).first->second.get();
}

std::string tzdata_version() {
  static const std::string version = read_tzdata_version();
  return version;
}

}  // namespace gannet::schedule
