#include "app/impl/command_parser.hpp"
#include "app/snapshot_loader.hpp"
#include "base/text.hpp"

namespace gannet::app {

namespace {

class DiffParser final : public CommandParser {
 public:
  explicit DiffParser(CLI::App& program) : CommandParser(program, "diff", "Compare two scans of a site") {
    command()
        .add_option(
            "SCAN", scans_,
            "Older and newer scan: the id of a kept scan or its first 8 digits, a file with a scan document, or - for standard "
            "input. One kept scan alone is compared with the one before it")
        ->required()
        ->expected(1, 2)
        ->check(is_given());
    command().add_option("--format", format_, "text or json");
    command().add_option("--out", out_, "Write the comparison to this file instead of standard output");
    command().add_option("--rules", rules_, "JSON file with your own cookie rules, for kept scans");
    command().add_flag("--exit-code", has_exit_code_, "Exit with 1 where the scans differ");
    command().add_flag("--any-host", allows_other_host_,
                       "Compare scans of different hosts, such as a test system and the live site");
  }

  Result<Arguments> check() const override {
    DiffArguments arguments;
    arguments.common = common();
    arguments.newer = scans_.back();
    if (scans_.size() == 2) arguments.older = scans_.front();
    if (scans_.size() == 1 && !is_scan_id(arguments.newer))
      return fail(ErrorKind::invalid, "'{}' is a file, so the scan to compare it with must be named as well",
                  printable(arguments.newer, 200));
    if (arguments.older == k_standard_input && arguments.newer == k_standard_input)
      return fail(ErrorKind::invalid, "only one of the two scans can be read from standard input");
    arguments.format = TRY(parse_list_format(format_));
    arguments.out = out_;
    arguments.rules = rules_;
    arguments.has_exit_code = has_exit_code_;
    arguments.allows_other_host = allows_other_host_;
    return arguments;
  }

 private:
  std::vector<std::string> scans_;
  std::string format_ = "text", out_, rules_;
  bool has_exit_code_ = false;
  bool allows_other_host_ = false;
};

}  // namespace

std::unique_ptr<CommandParser> make_diff_parser(CLI::App& program) { return std::make_unique<DiffParser>(program); }

}  // namespace gannet::app
