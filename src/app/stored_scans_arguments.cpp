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

class ShowParser final : public CommandParser {
 public:
  explicit ShowParser(CLI::App& program)
      : CommandParser(program, "show", "Report a kept scan again, judged by the data sets of today") {
    command().add_option("SCAN", scan_, "Id of the scan, or its first 8 digits or more")->required();
    command().add_option("--format", format_, "text, json or html");
    command().add_option("--out", out_, "Write the report to this file instead of standard output");
    command().add_option("--rules", rules_, "JSON file with your own cookie rules");
  }
  Result<Arguments> check() const override {
    return ShowArguments{common(), scan_, TRY(parse_report_format(format_)), out_, rules_};
  }

 private:
  std::string scan_, format_ = "text", out_, rules_;
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
std::unique_ptr<CommandParser> make_show_parser(CLI::App& program) { return std::make_unique<ShowParser>(program); }
std::unique_ptr<CommandParser> make_delete_parser(CLI::App& program) { return std::make_unique<DeleteParser>(program); }

}  // namespace gannet::app
