#include "app/impl/command_parser.hpp"
#include "base/text.hpp"

namespace gannet::app {

namespace {

class PolicyParser final : public CommandParser {
 public:
  explicit PolicyParser(CLI::App& program)
      : CommandParser(program, "policy", "Write a cookie policy from a kept scan, or compare the site's own with it") {
    command().add_option("SCAN", scan_, "Id of the scan, or its first 8 digits or more")->required();
    command().add_option("--declaration", declaration_, "Compare: the site's declaration as a .csv, .json or .html file");
    command().add_flag("--fail-on-undeclared", fails_on_undeclared_,
                       "With --declaration: exit with 1 where something seen is not declared");
    command().add_option("--format", format_, "markdown (default) or html; with --declaration text (default) or json");
    command().add_option("--out", out_, "Write the result to this file instead of standard output");
    command().add_option("--rules", rules_, "JSON file with your own cookie rules");
  }

  Result<Arguments> check() const override {
    PolicyArguments arguments;
    arguments.common = common();
    arguments.scan = scan_;
    arguments.declaration = declaration_;
    arguments.fails_on_undeclared = fails_on_undeclared_;
    arguments.out = out_;
    arguments.rules = rules_;
    if (!declaration_.empty()) {
      if (!format_.empty()) arguments.comparison_format = TRY(parse_list_format(format_));
      return arguments;
    }
    if (fails_on_undeclared_)
      return fail(ErrorKind::invalid, "--fail-on-undeclared needs --declaration FILE, what the site itself declares");
    if (format_ == "html")
      arguments.policy_format = report::PolicyFormat::html;
    else if (!format_.empty() && format_ != "markdown")
      return fail(ErrorKind::invalid, "--format is '{}'; it must be markdown or html", printable(format_, 50));
    return arguments;
  }

 private:
  std::string scan_, declaration_, format_, out_, rules_;
  bool fails_on_undeclared_ = false;
};

}  // namespace

std::unique_ptr<CommandParser> make_policy_parser(CLI::App& program) { return std::make_unique<PolicyParser>(program); }

}  // namespace gannet::app
