// The user's own rules in the data folder: `rules.json`, in the form of a file of --rules. Several processes may edit it at once.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "inspect/site_rules.hpp"

namespace gannet::app {

std::filesystem::path local_rules_path(const std::filesystem::path& data_dir);

/// No rules where there is no file. Errors: as inspect::load_rule_file().
Result<inspect::SiteRules> load_local_rules(const std::filesystem::path& data_dir);

/// Gives the file's content (empty where there is none) and name to `edit` and writes what it returns, in one piece and under a
/// lock. Makes the data folder where it is missing. On an error, that of `edit` included, the file stays as it was.
Result<void> edit_local_rules(const std::filesystem::path& data_dir,
                              const std::function<Result<std::string>(std::string_view content, std::string_view file)>& edit);

}  // namespace gannet::app
