#include "app/local_rules.hpp"

#include "app/installation.hpp"
#include "base/file.hpp"
#include "db/file_lock.hpp"

namespace gannet::app {

namespace {

Result<std::string> read_or_empty(const std::filesystem::path& path) {
  auto content = read_file(path, 4_MiB);
  if (!content && content.error().kind() == ErrorKind::not_found) return std::string();
  return content;
}

}  // namespace

std::filesystem::path local_rules_path(const std::filesystem::path& data_dir) { return data_dir / "rules.json"; }

Result<inspect::SiteRules> load_local_rules(const std::filesystem::path& data_dir) {
  const auto path = local_rules_path(data_dir);
  auto rules = inspect::load_rule_file(path);
  if (!rules && rules.error().kind() == ErrorKind::not_found) return inspect::SiteRules();
  return rules;
}

Result<void> edit_local_rules(const std::filesystem::path& data_dir,
                              const std::function<Result<std::string>(std::string_view content, std::string_view file)>& edit) {
  TRY(make_data_folder(data_dir));
  // The folder, since the file itself is replaced.
  const auto lock = TRY(db::FileLock::take_blocking(data_dir, db::LockMode::exclusive));
  const auto path = local_rules_path(data_dir);
  const std::string content = TRY(read_or_empty(path));
  const std::string edited = TRY(edit(content, path.string()));
  return write_file_atomically(path, edited);
}

}  // namespace gannet::app
