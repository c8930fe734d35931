// The options that the commands of the service share, and the settings that come of them. Beside CommandParser, which they are
// added to.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "app/arguments.hpp"
#include "base/error.hpp"

namespace gannet::app {

class ServiceOptions {
 public:
  void add_to(CLI::App& command);
  /// The settings from all their sources, `flags` last. Errors name the setting, where it was written, and what would be right.
  Result<ServiceArguments> check(CommonArguments common, std::map<std::string, std::string> flags) const;

 private:
  std::string config_;
};

/// From all their sources, as they are now. `warnings` may be null.
Result<conf::Settings> read_settings(const ServiceArguments& arguments, std::vector<std::string>* warnings = nullptr);

/// The texts of PEM files of --ca. Errors name the file.
Result<std::vector<std::string>> load_certificates(const std::vector<std::string>& paths);

}  // namespace gannet::app
