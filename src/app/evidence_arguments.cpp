// The commands that give evidence away and check it.
#include "app/impl/command_parser.hpp"

namespace gannet::app {

namespace {

class ExportParser final : public CommandParser {
 public:
  explicit ExportParser(CLI::App& program)
      : CommandParser(program, "export", "Write a kept scan with its seal to one file, as evidence for others") {
    command().add_option("SCAN", scan_, "Id of the scan, or its first 8 digits or more")->required();
    command().add_option("--out", out_, "A new file")->required()->check(is_given());
  }
  Result<Arguments> check() const override { return ExportArguments{common(), scan_, out_}; }

 private:
  std::string scan_, out_;
};

class VerifyParser final : public CommandParser {
 public:
  explicit VerifyParser(CLI::App& program)
      : CommandParser(program, "verify", "Check that exported evidence is as it was when the scan ended") {
    command().add_option("FILE", file_, "What `gannet export` has written")->required()->check(is_given());
    command().add_option("--key", key_, "The public key that must have signed it, 64 hex digits")->check(is_given());
    command().footer(
        "Exit codes: 0 genuine, 1 changed or signed by another key, 3 unreadable, 4 genuine, but parts are missing.");
  }
  Result<Arguments> check() const override { return VerifyArguments{common(), file_, key_}; }

 private:
  std::string file_, key_;
};

}  // namespace

std::unique_ptr<CommandParser> make_export_parser(CLI::App& program) { return std::make_unique<ExportParser>(program); }
std::unique_ptr<CommandParser> make_verify_parser(CLI::App& program) { return std::make_unique<VerifyParser>(program); }

}  // namespace gannet::app
