#include "app/impl/command_parser.hpp"

#include <array>
#include <cstdlib>
#include <utility>

#include <unistd.h>

#include "base/text.hpp"

namespace gannet::app {

namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

/// Beside the user's other data (XDG Base Directory Specification), or the system's for root.
std::filesystem::path default_data_dir() {
  if (::geteuid() == 0) return "/var/lib/gannet";
  if (const auto xdg = environment("XDG_DATA_HOME"); !xdg.empty()) return std::filesystem::path(xdg) / "gannet";
  if (const auto home = environment("HOME"); !home.empty()) return std::filesystem::path(home) / ".local/share/gannet";
  return "var";
}

}  // namespace

CommandParser::CommandParser(CLI::App& program, const char* name, const char* description)
    : command_(program.add_subcommand(name, description)) {}

void CommandParser::add_shared_options() {
  command_->add_option("--data-dir", data_dir_, "Folder of this installation's data")->envname("GANNET_DATA_DIR");
  command_->add_option("--data-sets", data_sets_, "Folder of the rule and list packages (default: data/ in the data folder)")
      ->envname("GANNET_DATA_SETS");
  command_->add_option("--database-url", database_url_, "PostgreSQL instead of the SQLite file in the data folder")
      ->envname("DATABASE_URL");
  command_->add_option("--browser", browser_, "Chrome or Chromium to use")->envname("GANNET_BROWSER");
  command_->add_flag("--no-sandbox", has_no_sandbox_, "Run the browser without its sandbox (only inside another one)");
  command_->add_flag("-v,--verbose", is_verbose_, "Log what is done to standard error");
}

CommonArguments CommandParser::common() const {
  CommonArguments common;
  common.data_dir = data_dir_.empty() ? default_data_dir() : std::filesystem::path(data_dir_);
  common.data_sets = data_sets_.empty() ? common.data_dir / "data" : std::filesystem::path(data_sets_);
  common.browser.executable = browser_;
  common.browser.has_sandbox = !has_no_sandbox_;
  common.database_url = database_url_;
  common.is_verbose = is_verbose_;
  common.has_data_dir = !data_dir_.empty();
  common.has_data_sets = !data_sets_.empty();
  return common;
}

CLI::Validator is_given() {
  return {[](std::string& text) { return text.empty() ? std::string("the value is empty") : ""; }, ""};
}

Result<Format> parse_report_format(std::string_view text) {
  static constexpr auto k_formats = std::to_array<std::pair<std::string_view, Format>>({{"text", Format::text},
                                                                                        {"json", Format::json},
                                                                                        {"html", Format::html},
                                                                                        {"pdf", Format::pdf},
                                                                                        {"csv", Format::csv},
                                                                                        {"har", Format::har},
                                                                                        {"sarif", Format::sarif},
                                                                                        {"junit", Format::junit}});
  for (const auto& [name, format] : k_formats)
    if (text == name) return format;
  return fail(ErrorKind::invalid, "--format is '{}'; it must be text, json, html, pdf, csv, har, sarif or junit",
              printable(text, 50));
}

void add_target_options(CLI::App& command, RawTarget& raw) {
  command.add_option("--format", raw.format,
                     fmt::format("text, json, html, pdf, csv, har, sarif or junit (default: {})", raw.format));
  command.add_option("--table", raw.table, "Of csv: cookies (default), storage, third-parties, findings or requests");
  command.add_option("--out", raw.out, "Write the report to this file instead of standard output");
}

Result<ReportTarget> check_target(const RawTarget& raw) {
  ReportTarget target;
  target.format = TRY(parse_report_format(raw.format));
  target.out = raw.out;
  if (raw.table.empty()) return target;
  if (target.format != Format::csv)
    return fail(ErrorKind::invalid, "--table goes with --format csv; the format is {}", raw.format);
  const auto table = report::find_csv_table(raw.table);
  if (!table)
    return fail(ErrorKind::invalid, "--table is '{}'; it must be cookies, storage, third-parties, findings or requests",
                printable(raw.table, 50));
  target.table = *table;
  return target;
}

Result<std::optional<record::Severity>> parse_fail_on(std::string_view text) {
  if (text.empty()) return std::nullopt;
  for (const auto severity : {record::Severity::info, record::Severity::low, record::Severity::medium, record::Severity::high,
                              record::Severity::critical})
    if (text == record::to_string(severity)) return severity;
  return fail(ErrorKind::invalid, "--fail-on is '{}'; it must be info, low, medium, high or critical", printable(text, 50));
}

Result<Format> parse_list_format(std::string_view text) {
  if (text == "text") return Format::text;
  if (text == "json") return Format::json;
  return fail(ErrorKind::invalid, "--format is '{}'; it must be text or json", printable(text, 50));
}

}  // namespace gannet::app
