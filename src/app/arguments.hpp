// The command line: what the user asked for, checked. CLI11 lives in arguments.cpp only.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/error.hpp"
#include "browser/browser.hpp"
#include "conf/settings.hpp"
#include "inspect/rule_edit.hpp"
#include "net/address.hpp"
#include "net/forward_proxy.hpp"
#include "net/resolver.hpp"
#include "record/finding.hpp"
#include "report/csv.hpp"
#include "report/exit_code.hpp"
#include "report/policy.hpp"
#include "scan/params.hpp"
#include "store/retention.hpp"

namespace gannet::app {

enum class Format { text, json, html, pdf, csv, har, sarif, junit };

/// Error `invalid`, naming all there are.
Result<Format> parse_report_format(std::string_view text);

/// In what shape a scan is reported, and where to.
struct ReportTarget {
  Format format = Format::text;
  /// Of CSV.
  report::CsvTable table = report::CsvTable::cookies;
  /// Empty: standard output.
  std::filesystem::path out;
};

/// What all commands share.
struct CommonArguments {
  std::filesystem::path data_dir;
  std::filesystem::path data_sets;
  /// Empty: the SQLite file in the data folder.
  std::string database_url;
  browser::BrowserOptions browser;
  bool is_verbose = false;
  /// Said on the command line or in the environment, which go before files of settings.
  bool has_data_dir = false;
  bool has_data_sets = false;
};

struct ScanArguments {
  CommonArguments common;
  std::vector<std::string> urls;
  scan::ScanParams params;
  ReportTarget target;
  std::vector<net::ResolveOverride> resolve;
  std::vector<net::Network> allow_nets;
  std::optional<net::Authority> proxy;
  std::filesystem::path rules;
  report::FailOn fail_on;
  /// A SCAN, as for SnapshotLoader; empty: none.
  std::string baseline;
  /// The baseline may be of another host.
  bool allows_other_host = false;
  /// Into the data folder.
  bool is_kept = true;
};

struct ScansArguments {
  CommonArguments common;
  /// Empty: all.
  std::string host;
  int limit = 0;
  Format format = Format::text;
};

/// Of `report` and of `show`, which differ in the default format only.
struct ReportArguments {
  CommonArguments common;
  /// Id, or the start of one.
  std::string scan;
  ReportTarget target;
  std::filesystem::path rules;
  std::optional<record::Severity> fail_on;
};

struct DeleteArguments {
  CommonArguments common;
  /// Ids, or the starts of them.
  std::vector<std::string> scans;
};

struct DiffArguments {
  CommonArguments common;
  /// SCANs, as for SnapshotLoader. `older` empty: the one kept before `newer`.
  std::string older;
  std::string newer;
  Format format = Format::text;
  /// Empty: standard output.
  std::filesystem::path out;
  std::filesystem::path rules;
  /// Whether a difference shows in the exit code.
  bool has_exit_code = false;
  bool allows_other_host = false;
};

struct DataArguments {
  CommonArguments common;
  Format format = Format::text;
};

struct CookiesTestArguments {
  CommonArguments common;
  inspect::DecisionKey key;
  std::filesystem::path rules;
  Format format = Format::text;
};

struct CookiesSetArguments {
  CommonArguments common;
  inspect::Decision decision;
};

struct CookiesUnsetArguments {
  CommonArguments common;
  inspect::DecisionKey key;
};

struct CookiesRulesArguments {
  CommonArguments common;
  Format format = Format::text;
};

struct CookiesCheckArguments {
  CommonArguments common;
  std::filesystem::path rules;
  Format format = Format::text;
};

struct CookiesReviewArguments {
  CommonArguments common;
  /// Empty: all.
  std::string host;
  /// Of scans, the newest.
  int limit = 0;
  std::filesystem::path rules;
  Format format = Format::text;
};

struct PolicyArguments {
  CommonArguments common;
  /// Id, or the start of one.
  std::string scan;
  /// Of the policy.
  report::PolicyFormat policy_format = report::PolicyFormat::markdown;
  /// What the site itself declares; empty: the policy is written, else the two are compared.
  std::filesystem::path declaration;
  /// Of the comparison.
  Format comparison_format = Format::text;
  bool fails_on_undeclared = false;
  /// Empty: standard output.
  std::filesystem::path out;
  std::filesystem::path rules;
};

struct PruneArguments {
  CommonArguments common;
  store::Retention retention;
  store::PruneMode mode = store::PruneMode::apply;
};

struct BackupArguments {
  CommonArguments common;
  std::filesystem::path file;
};

struct RestoreArguments {
  CommonArguments common;
  std::filesystem::path file;
};

struct ExportArguments {
  CommonArguments common;
  /// Id, or the start of one.
  std::string scan;
  std::filesystem::path file;
};

struct VerifyArguments {
  CommonArguments common;
  std::filesystem::path file;
  /// In hex; empty: any.
  std::string key;
};

struct ReinspectArguments {
  CommonArguments common;
  /// Ids, or the starts of them; empty: all.
  std::vector<std::string> scans;
  Format format = Format::text;
  std::filesystem::path rules;
};

/// What the commands of the service share: they work on the database that the settings name, or on that of the data folder.
struct ServiceArguments {
  CommonArguments common;
  /// The file of --config, and what was typed as settings: to read them all again.
  std::string config;
  std::map<std::string, std::string> flags;
  conf::Settings settings;
  /// About the sources of the settings, to be said once.
  std::vector<std::string> warnings;
};

/// What one process of a fleet does; one machine does all.
struct Roles {
  bool api = true;
  bool scheduler = true;
  bool scanner = true;
  bool is_all() const { return api && scheduler && scanner; }
};

struct ServeArguments {
  ServiceArguments service;
  Roles roles;
  std::vector<net::ResolveOverride> resolve;
  std::optional<net::Authority> proxy;
};

struct MigrateArguments {
  ServiceArguments service;
  /// Says what is applied, and applies nothing.
  bool is_status_only = false;
};

struct DatabaseCopyArguments {
  ServiceArguments service;
  /// Each a PostgreSQL URL or a data folder.
  std::string from;
  std::string to;
};

struct TokenArguments {
  ServiceArguments service;
  /// As identity::ScopeSet reads them.
  std::string scopes;
  std::string organisation;
  std::chrono::seconds lifetime{};
};

struct LocksArguments {
  ServiceArguments service;
  Format format = Format::text;
};

struct SyncArguments {
  ServiceArguments service;
  Format format = Format::text;
};

struct ConfigArguments {
  ServiceArguments service;
};

struct SelftestArguments {
  /// Of a running service.
  std::string api_url;
  std::string token;
  std::string domain;
};

struct SchedulesArguments {
  enum class Action { list, show, next, enable, disable, pause, resume, run, remove, export_all, import_all };
  ServiceArguments service;
  Action action = Action::list;
  std::string organisation;
  /// Id, or the start of one; empty where the action is about all.
  std::string schedule;
  std::string reason;
  /// Of export and import; empty: standard output.
  std::filesystem::path file;
  int count = 10;
  Format format = Format::text;
};

struct HistoryArguments {
  enum class Action { list, statistics, clean_up };
  ServiceArguments service;
  Action action = Action::list;
  std::string organisation;
  /// Ids, names: empty for all.
  std::string schedule, domain, status;
  /// Absent: however old.
  std::optional<int> hours = {};
  int days = 7;
  int limit = 100;
  Format format = Format::text;
};

struct DoctorArguments {
  ServiceArguments service;
  Format format = Format::text;
};

/// Nothing to do but print this and leave with this code: help, version, or a usage error (code 2, to standard error).
struct Printed {
  std::string text;
  int exit_code = 0;
};

using Arguments = std::variant<ScanArguments, ScansArguments, ReportArguments, DiffArguments, ReinspectArguments, DeleteArguments,
                               PruneArguments, ExportArguments, VerifyArguments, BackupArguments, RestoreArguments, DataArguments,
                               CookiesTestArguments, CookiesSetArguments, CookiesUnsetArguments, CookiesRulesArguments,
                               CookiesCheckArguments, CookiesReviewArguments, PolicyArguments, ServeArguments, MigrateArguments,
                               DatabaseCopyArguments, TokenArguments, LocksArguments, SyncArguments, ConfigArguments,
                               SelftestArguments, SchedulesArguments, HistoryArguments, DoctorArguments, Printed>;

/// Reads the command line and the environment (GANNET_DATA_DIR, GANNET_DATA_SETS, GANNET_BROWSER).
Arguments parse_arguments(int argc, char** argv);

}  // namespace gannet::app
