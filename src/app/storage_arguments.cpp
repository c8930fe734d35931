// The commands that look after the data folder.
#include "app/impl/command_parser.hpp"

namespace gannet::app {

namespace {

class PruneParser final : public CommandParser {
 public:
  explicit PruneParser(CLI::App& program) : CommandParser(program, "prune", "Remove scans and pictures that are too old") {
    command()
        .add_option("--visits-days", scans_days_, "Age of scans with their visits (default 90)")
        ->check(CLI::Range(1, k_days_max));
    command()
        .add_option("--screenshots-days", screenshots_days_, "Age of pictures (default 30)")
        ->check(CLI::Range(1, k_days_max));
    command().add_flag("--dry-run", is_dry_run_, "Say what would go, and remove nothing");
    command().footer("The first, the last and the last successful scan of each host are kept, however old they are.");
  }
  Result<Arguments> check() const override {
    return PruneArguments{common(),
                          {std::chrono::days(scans_days_), std::chrono::days(screenshots_days_)},
                          is_dry_run_ ? store::PruneMode::dry_run : store::PruneMode::apply};
  }

 private:
  static constexpr int k_days_max = 36'500;
  int scans_days_ = int(store::Retention().scans.count());
  int screenshots_days_ = int(store::Retention().screenshots.count());
  bool is_dry_run_ = false;
};

class BackupParser final : public CommandParser {
 public:
  explicit BackupParser(CLI::App& program)
      : CommandParser(program, "backup", "Write all that is kept, and the digests' key, to one file") {
    command().add_option("FILE", file_, "A new file; keep it as secret as the data folder")->required()->check(is_given());
  }
  Result<Arguments> check() const override { return BackupArguments{common(), file_}; }

 private:
  std::string file_;
};

class RestoreParser final : public CommandParser {
 public:
  explicit RestoreParser(CLI::App& program)
      : CommandParser(program, "restore", "Bring a backup back into a data folder without scans") {
    command().add_option("FILE", file_, "What `gannet backup` has written")->required()->check(is_given());
  }
  Result<Arguments> check() const override { return RestoreArguments{common(), file_}; }

 private:
  std::string file_;
};

class ReinspectParser final : public CommandParser {
 public:
  explicit ReinspectParser(CLI::App& program)
      : CommandParser(program, "reinspect", "Judge kept scans by the data sets of today, and say what changed") {
    command().add_option("SCAN", scans_, "Ids of scans, or their first 8 digits or more");
    command().add_flag("--all", is_all_, "All scans that are kept");
    command().add_option("--format", format_, "text or json");
    command().add_option("--rules", rules_, "JSON file with your own cookie rules");
  }
  Result<Arguments> check() const override {
    if (is_all_ == !scans_.empty())
      return fail(ErrorKind::invalid, "reinspect needs {}", is_all_ ? "scans or --all, not both" : "a scan, or --all");
    return ReinspectArguments{common(), scans_, TRY(parse_list_format(format_)), rules_};
  }

 private:
  std::vector<std::string> scans_;
  std::string format_ = "text", rules_;
  bool is_all_ = false;
};

}  // namespace

std::unique_ptr<CommandParser> make_prune_parser(CLI::App& program) { return std::make_unique<PruneParser>(program); }
std::unique_ptr<CommandParser> make_backup_parser(CLI::App& program) { return std::make_unique<BackupParser>(program); }
std::unique_ptr<CommandParser> make_restore_parser(CLI::App& program) { return std::make_unique<RestoreParser>(program); }
std::unique_ptr<CommandParser> make_reinspect_parser(CLI::App& program) { return std::make_unique<ReinspectParser>(program); }

}  // namespace gannet::app
