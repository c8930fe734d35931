#include "app/impl/command_parser.hpp"

namespace gannet::app {

namespace {

class ScansParser final : public CommandParser {
 public:
  explicit ScansParser(CLI::App& program) : CommandParser(program, "scans", "List the scans that are kept, newest first") {
    command().add_option("--host", host_, "Only scans of this host");
    command().add_option("--limit", limit_, "At most so many (default 50)")->check(CLI::Range(1, 10'000));
    command().add_option("--format", format_, "text or json");
  }
  Result<Arguments> check() const override { return ScansArguments{common(), host_, limit_, TRY(parse_list_format(format_))}; }

 private:
  std::string host_, format_ = "text";
  int limit_ = 50;
};

/// `report` and `show`.
class ReportParser final : public CommandParser {
 public:
  ReportParser(CLI::App& program, const char* name, const char* description, std::string default_format)
      : CommandParser(program, name, description), target_{.format = std::move(default_format), .table = "", .out = ""} {
    command().add_option("SCAN", scan_, "Id of the scan, or its first 8 digits or more")->required();
    add_target_options(command(), target_);
    command().add_option("--rules", rules_, "JSON file with your own cookie rules");
    command().add_option("--fail-on", fail_on_,
                         "Exit with 1 on findings of this severity or worse: info, low, medium, high, critical");
  }
  Result<Arguments> check() const override {
    return ReportArguments{common(), scan_, TRY(check_target(target_)), rules_, TRY(parse_fail_on(fail_on_))};
  }

 private:
  std::string scan_, rules_, fail_on_;
  RawTarget target_;
};

class DeleteParser final : public CommandParser {
 public:
  explicit DeleteParser(CLI::App& program) : CommandParser(program, "delete", "Remove kept scans") {
    command().add_option("SCAN", scans_, "Ids of scans, or their first 8 digits or more")->required();
  }
  Result<Arguments> check() const override { return DeleteArguments{common(), scans_}; }

 private:
  std::vector<std::string> scans_;
};

}  // namespace

std::unique_ptr<CommandParser> make_scans_parser(CLI::App& program) { return std::make_unique<ScansParser>(program); }
std::unique_ptr<CommandParser> make_show_parser(CLI::App& program) {
  return std::make_unique<ReportParser>(program, "show", "Report a kept scan on the terminal, judged by the data sets of today",
                                        "text");
}
std::unique_ptr<CommandParser> make_report_parser(CLI::App& program) {
  return std::make_unique<ReportParser>(program, "report", "Report a kept scan for people or other programs, judged as by show",
                                        "html");
}
std::unique_ptr<CommandParser> make_delete_parser(CLI::App& program) { return std::make_unique<DeleteParser>(program); }

}  // namespace gannet::app
