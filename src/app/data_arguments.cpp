#include "app/impl/command_parser.hpp"

namespace gannet::app {

namespace {

class DataParser final : public CommandParser {
 public:
  explicit DataParser(CLI::App& program)
      : CommandParser(program, "data", "Show the data sets and the browser in use, and how much is kept") {
    command().add_option("--format", format_, "text or json");
  }
  Result<Arguments> check() const override { return DataArguments{common(), TRY(parse_list_format(format_))}; }

 private:
  std::string format_ = "text";
};

}  // namespace

std::unique_ptr<CommandParser> make_data_parser(CLI::App& program) { return std::make_unique<DataParser>(program); }

}  // namespace gannet::app
