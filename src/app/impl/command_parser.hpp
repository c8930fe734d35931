// CommandParser: one command of the command line, its options and what they come to. With arguments.cpp, the only code that knows
// CLI11: a new command is a parser in a `*_arguments.cpp` file, a maker below, its arguments in arguments.hpp and a
// run_command().
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

#include "app/arguments.hpp"
#include "base/error.hpp"

namespace gannet::app {

class CommandParser {
 public:
  virtual ~CommandParser() = default;
  CommandParser(const CommandParser&) = delete;
  CommandParser& operator=(const CommandParser&) = delete;

  /// The options that all commands have, after the command's own.
  void add_shared_options();
  /// This is the command that was typed.
  bool is_chosen() const { return command_->parsed(); }
  /// What was typed, checked. Errors name the option, what is wrong with it and what would be right.
  virtual Result<Arguments> check() const = 0;

 protected:
  CommandParser(CLI::App& program, const char* name, const char* description);
  CLI::App& command() { return *command_; }
  CommonArguments common() const;

 private:
  CLI::App* command_;
  /// One for each command: CLI11 gives the environment's values also to the options of a command that was not asked for.
  std::string data_dir_, data_sets_, browser_, database_url_;
  bool has_no_sandbox_ = false;
  bool is_verbose_ = false;
};

std::unique_ptr<CommandParser> make_scan_parser(CLI::App& program);
std::unique_ptr<CommandParser> make_scans_parser(CLI::App& program);
std::unique_ptr<CommandParser> make_show_parser(CLI::App& program);
std::unique_ptr<CommandParser> make_report_parser(CLI::App& program);
std::unique_ptr<CommandParser> make_diff_parser(CLI::App& program);
std::unique_ptr<CommandParser> make_delete_parser(CLI::App& program);
std::unique_ptr<CommandParser> make_reinspect_parser(CLI::App& program);
std::unique_ptr<CommandParser> make_export_parser(CLI::App& program);
std::unique_ptr<CommandParser> make_verify_parser(CLI::App& program);
std::unique_ptr<CommandParser> make_prune_parser(CLI::App& program);
std::unique_ptr<CommandParser> make_backup_parser(CLI::App& program);
std::unique_ptr<CommandParser> make_restore_parser(CLI::App& program);
std::unique_ptr<CommandParser> make_data_parser(CLI::App& program);
std::unique_ptr<CommandParser> make_cookies_test_parser(CLI::App& program);
std::unique_ptr<CommandParser> make_cookies_set_parser(CLI::App& program);
std::unique_ptr<CommandParser> make_cookies_unset_parser(CLI::App& program);
std::unique_ptr<CommandParser> make_cookies_rules_parser(CLI::App& program);
std::unique_ptr<CommandParser> make_cookies_check_parser(CLI::App& program);
std::unique_ptr<CommandParser> make_cookies_review_parser(CLI::App& program);
std::unique_ptr<CommandParser> make_policy_parser(CLI::App& program);

std::unique_ptr<CommandParser> make_serve_parser(CLI::App& program);
std::unique_ptr<CommandParser> make_migrate_parser(CLI::App& program);
std::unique_ptr<CommandParser> make_database_copy_parser(CLI::App& program);
std::unique_ptr<CommandParser> make_token_parser(CLI::App& program);
std::unique_ptr<CommandParser> make_locks_parser(CLI::App& program);
std::unique_ptr<CommandParser> make_sync_parser(CLI::App& program);
std::unique_ptr<CommandParser> make_config_parser(CLI::App& program);
std::unique_ptr<CommandParser> make_selftest_parser(CLI::App& program);
std::unique_ptr<CommandParser> make_history_parser(CLI::App& program);
std::unique_ptr<CommandParser> make_doctor_parser(CLI::App& program);
/// One for each command of `schedules`.
std::vector<std::unique_ptr<CommandParser>> make_schedules_parsers(CLI::App& program);

/// Refuses an empty value: it is a forgotten one, as of an unset variable in a script.
CLI::Validator is_given();

/// --format, --table and --out of a command that reports scans, as typed.
struct RawTarget {
  std::string format;
  /// Empty: not given.
  std::string table;
  std::string out;
};
void add_target_options(CLI::App& command, RawTarget& raw);
Result<ReportTarget> check_target(const RawTarget& raw);
/// --fail-on; empty: not given.
Result<std::optional<record::Severity>> parse_fail_on(std::string_view text);
/// Of a command that lists.
Result<Format> parse_list_format(std::string_view text);

}  // namespace gannet::app
