#include "datasets/datasets.hpp"

#include <algorithm>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "base/file.hpp"
#include "base/sha256.hpp"
#include "base/text.hpp"
#include "datasets/json_text.hpp"
#include "embedded/consent_cookies.hpp"
#include "embedded/own_hosts.hpp"
#include "embedded/own_rules.hpp"
#include "embedded/owner_countries.hpp"

namespace gannet::datasets {
namespace {

/// A set that comes as a file of an npm package. The version is pinned, so that its day of publication is a fact.
struct Package {
  std::string_view set;
  std::string_view package;
  std::string_view version;
  std::string_view file;
  std::string_view date;
  std::string_view licence;
};

constexpr Package k_cookie_package = {.set = "Open Cookie Database",
                                      .package = "@slashgear/gdpr-cookie-scanner",
                                      .version = "3.8.2",
                                      .file = "src/data/open-cookie-database.json",
                                      .date = "2026-09-23",
                                      .licence = "Apache-2.0"};
constexpr Package k_owner_package = {.set = "third-party-web",
                                     .package = "third-party-web",
                                     .version = "0.30.0",
                                     .file = "dist/entities.json",
                                     .date = "2026-09-14",
                                     .licence = "MIT"};
constexpr Package k_consent_package = {.set = "autoconsent",
                                       .package = "@duckduckgo/autoconsent",
                                       .version = "16.23.0",
                                       .file = "rules/rules.json",
                                       .date = "2026-08-18",
                                       .licence = "MPL-2.0"};

struct LoadedFile {
  boost::json::value json;
  DatasetRow row;
};

Result<LoadedFile> load_package(const DataFolder& folder, const Package& package) {
  const auto path = folder.path / "npm" / fmt::format("{}@{}", package.package, package.version) / "package" / package.file;
  auto content = read_file(path);
  if (!content) {
    return fail(content.error().kind(), "{}: {}; ./run fetches it (npm package {} {})", package.set, content.error().describe(),
                package.package, package.version);
  }
  auto json = parse_json(*content, path.string());
  if (!json) {
    return fail(ErrorKind::invalid, "{}: {}; delete the folder of {}@{} and let ./run fetch it again", package.set,
                json.error().message(), package.package, package.version);
  }
  return LoadedFile{.json = std::move(*json),
                    .row = {.name = std::string(package.set),
                            .version = std::string(package.version),
                            .date = std::string(package.date),
                            .licence = std::string(package.licence),
                            .sha256 = sha256_hex(*content)}};
}

/// A set compiled into the program: {"version", "date", "<field>": …}.
Result<LoadedFile> load_embedded(std::string_view set, std::string_view content, std::string_view field) {
  boost::json::value json = TRY(parse_json(content, set));
  const auto* object = json.if_object();
  const auto* entries = object ? object->if_contains(field) : nullptr;
  if (!entries) return fail(ErrorKind::internal, "{}: the field \"{}\" is missing", set, field);
  DatasetRow row{.name = std::string(set),
                 .version = TRY(get_text(*object, "version", set)),
                 .date = TRY(get_text(*object, "date", set)),
                 .licence = "part of Gannet",
                 .sha256 = sha256_hex(content)};
  return LoadedFile{.json = *entries, .row = std::move(row)};
}

/// The version of an installed Debian package (deb822 paragraphs, dpkg's status file); empty where dpkg does not know it.
std::string debian_version(const std::filesystem::path& dpkg_status, std::string_view package) {
  const auto status = read_file(dpkg_status);
  if (!status) return {};
  const auto start = ("\n" + *status).find(fmt::format("\nPackage: {}\n", package));
  if (start == std::string::npos) return {};
  const std::string_view rest = std::string_view(*status).substr(start);
  const std::string_view paragraph = rest.substr(0, rest.find("\n\n"));
  constexpr std::string_view k_field = "\nVersion: ";
  const auto at = paragraph.find(k_field);
  if (at == std::string_view::npos) return {};
  const std::string_view value = paragraph.substr(at + k_field.size());
  return std::string(value.substr(0, value.find('\n')));
}

/// "20230209.2326-1" is the list of 9 February 2023. Empty for a version of another form.
std::string date_of_version(std::string_view version) {
  const std::string_view digits = version.substr(0, 8);
  if (digits.size() < 8 || digits.find_first_not_of("0123456789") != std::string_view::npos) return {};
  return fmt::format("{}-{}-{}", digits.substr(0, 4), digits.substr(4, 2), digits.substr(6, 2));
}

/// Of the list as text, which lies beside the compiled one; 0 where it does not.
std::size_t count_suffixes(const std::filesystem::path& compiled) {
  const auto text = read_file(std::filesystem::path(compiled).replace_extension(".dat"));
  if (!text) return 0;
  return std::size_t(std::ranges::count_if(split(*text, '\n'),
                                           [](std::string_view line) { return !trim(line).empty() && !line.starts_with("//"); }));
}

/// What libpsl takes: the distribution's list, or the one built into the library where that is missing.
DatasetRow describe_suffix_list(const DataFolder& folder) {
  DatasetRow row{.name = "Public Suffix List", .version = "built into libpsl", .licence = "MPL-2.0", .sha256 = {}};
  if (const auto list = read_file(folder.public_suffix_list)) {
    row.version = debian_version(folder.dpkg_status, "publicsuffix");
    row.date = date_of_version(row.version);
    row.sha256 = sha256_hex(*list);
  }
  return row;
}

std::size_t count_autoconsent_rules(const boost::json::value& file) {
  const auto* object = file.if_object();
  const auto* rules = object ? object->if_contains("autoconsent") : nullptr;
  return rules && rules->is_array() ? rules->get_array().size() : 0;
}

}  // namespace

Result<std::shared_ptr<const Datasets>> Datasets::load(const DataFolder& folder) {
  auto sets = std::make_shared<Datasets>();
  const auto keep = [&](DatasetRow row, std::size_t entry_count) {
    row.entry_count = entry_count;
    sets->rows_.push_back(std::move(row));
  };

  LoadedFile cookies = TRY(load_package(folder, k_cookie_package));
  sets->cookies = TRY(CookieDatabase::parse(cookies.json, k_cookie_package.set));
  keep(std::move(cookies.row), sets->cookies.size());

  LoadedFile owners = TRY(load_package(folder, k_owner_package));
  LoadedFile countries = TRY(load_embedded("owner countries", embedded::owner_countries, "countries"));
  sets->owners = TRY(Owners::parse(owners.json, countries.json, k_owner_package.set));
  keep(std::move(owners.row), sets->owners.size());
  keep(std::move(countries.row), sets->owners.country_count());

  LoadedFile consent = TRY(load_package(folder, k_consent_package));
  const std::size_t rule_count = count_autoconsent_rules(consent.json);
  if (rule_count == 0) return fail(ErrorKind::invalid, "{}: holds no rules; let ./run fetch it again", k_consent_package.set);
  keep(std::move(consent.row), rule_count);

  LoadedFile names = TRY(load_embedded("consent platform names", embedded::consent_cookies, "rules"));
  sets->consent_names = TRY(NameRules::parse(names.json, "consent platform names"));
  keep(std::move(names.row), sets->consent_names.size());

  LoadedFile own = TRY(load_embedded("Gannet rules", embedded::own_rules, "rules"));
  sets->own_rules = TRY(NameRules::parse(own.json, "Gannet rules"));
  keep(std::move(own.row), sets->own_rules.size());

  LoadedFile hosts = TRY(load_embedded("Gannet hosts", embedded::own_hosts, "hosts"));
  sets->host_purposes = TRY(HostPurposes::parse(hosts.json, "Gannet hosts"));
  keep(std::move(hosts.row), sets->host_purposes.size());

  keep(describe_suffix_list(folder), count_suffixes(folder.public_suffix_list));

  if (const auto list = read_file(folder.easy_privacy)) {
    sets->easy_privacy = HostList::parse(*list);
    keep({.name = "EasyPrivacy",
          .version = sets->easy_privacy.version(),
          .licence = "GPL-3.0-or-later or CC-BY-SA-3.0",
          .sha256 = sha256_hex(*list)},
         sets->easy_privacy.size());
  } else if (list.error().kind() != ErrorKind::not_found) {
    return fail(list.error().kind(), "EasyPrivacy: {}", list.error().describe());
  }
  return sets;
}

std::vector<DatasetRow> Datasets::describe(Instant now) const {
  std::vector<DatasetRow> rows = rows_;
  for (DatasetRow& row : rows) {
    if (row.date.empty()) continue;
    if (const auto published = parse_instant(row.date + "T00:00:00Z")) {
      row.age_days = static_cast<int>(std::chrono::duration_cast<std::chrono::days>(now - *published).count());
    }
  }
  return rows;
}

}  // namespace gannet::datasets
