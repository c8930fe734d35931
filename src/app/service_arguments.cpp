#include <array>
#include <utility>

#include "app/impl/command_parser.hpp"
#include "app/impl/service_options.hpp"
#include "base/text.hpp"

namespace gannet::app {

namespace {

/// A command that only groups others, made when the first of them asks for it.
CLI::App& group(CLI::App& program, const char* name, const char* description) {
  const auto groups = program.get_subcommands([name](CLI::App* command) { return command->get_name() == name; });
  if (!groups.empty()) return *groups.front();
  auto* made = program.add_subcommand(name, description);
  made->require_subcommand(1);
  return *made;
}

Result<Roles> parse_roles(std::string_view text) {
  if (text.empty()) return Roles{};
  Roles roles{.api = false, .scheduler = false, .scanner = false};
  for (const auto part : split(text, ',')) {
    if (part == "api") {
      roles.api = true;
    } else if (part == "scheduler") {
      roles.scheduler = true;
    } else if (part == "scanner") {
      roles.scanner = true;
    } else {
      return fail(ErrorKind::invalid, "--role is '{}'; it must be a list of api, scheduler and scanner", printable(text, 100));
    }
  }
  return roles;
}

class ServeParser final : public CommandParser {
 public:
  explicit ServeParser(CLI::App& program)
      : CommandParser(program, "serve", "Run the service: the API, the scheduler and the scanner") {
    options_.add_to(command());
    command().add_option("--role", roles_, "What this process does, of api,scheduler,scanner (default: all)")->check(is_given());
    command().add_option("--preset", preset_, "Sizes that suit the machine: low, default, high or auto")->check(is_given());
    command().add_option("--host", host_, "Address that the API listens at (API_HOST)")->check(is_given());
    command().add_option("--port", port_, "Port that the API listens at; 0 takes a free one (API_PORT)")->check(is_given());
    command()
        .add_option("--resolve", resolve_, "HOST:PORT:ADDRESS that scans use instead of DNS; * matches any (repeatable)")
        ->allow_extra_args(false);
    command()
        .add_option("--allow-net", allow_nets_, "Private network that scans may reach, as 10.0.0.0/8 (repeatable; ALLOW_NET)")
        ->allow_extra_args(false);
    command()
        .add_option("--ca", ca_files_, "PEM file of a certificate authority that scans trust (repeatable)")
        ->allow_extra_args(false);
    command().add_option("--proxy", proxy_, "Upstream proxy of scans, http://host:port");
  }

  Result<Arguments> check() const override {
    ServeArguments arguments;
    std::map<std::string, std::string> flags;
    if (!preset_.empty()) flags["GANNET_PRESET"] = preset_;
    if (!host_.empty()) flags["API_HOST"] = host_;
    if (!port_.empty()) flags["API_PORT"] = port_;
    if (!allow_nets_.empty()) flags["ALLOW_NET"] = join(allow_nets_, ",");
    arguments.service = TRY(options_.check(common(), std::move(flags)));
    arguments.roles = TRY(parse_roles(roles_));
    for (const auto& text : resolve_) arguments.resolve.push_back(TRY(net::ResolveOverride::parse(text)));
    if (!proxy_.empty()) arguments.proxy = TRY(net::parse_proxy_url(proxy_));
    arguments.service.common.browser.ca_certificates = TRY(load_certificates(ca_files_));
    if (!arguments.roles.is_all() && arguments.service.settings.database_url.empty())
      return fail(ErrorKind::invalid,
                  "--role is '{}' but there is no DATABASE_URL; on SQLite one process has all roles, so leave "
                  "--role out, or name a PostgreSQL database in DATABASE_URL",
                  printable(roles_, 100));
    return arguments;
  }

 private:
  ServiceOptions options_;
  std::string roles_, preset_, host_, port_, proxy_;
  std::vector<std::string> resolve_, allow_nets_, ca_files_;
};

class MigrateParser final : public CommandParser {
 public:
  explicit MigrateParser(CLI::App& program) : CommandParser(program, "migrate", "Bring the database's schema up to date") {
    options_.add_to(command());
    command().add_flag("--status", is_status_only_, "Say what is applied and what is not; change nothing");
  }
  Result<Arguments> check() const override { return MigrateArguments{TRY(options_.check(common(), {})), is_status_only_}; }

 private:
  ServiceOptions options_;
  bool is_status_only_ = false;
};

class DatabaseCopyParser final : public CommandParser {
 public:
  explicit DatabaseCopyParser(CLI::App& program)
      : CommandParser(group(program, "db", "Look after the database"), "copy",
                      "Copy everything from one database into an empty one") {
    options_.add_to(command());
    command().add_option("--from", from_, "postgresql://… or a data folder")->required()->check(is_given());
    command().add_option("--to", to_, "postgresql://… or a data folder")->required()->check(is_given());
    command().add_flag("--verify", is_verified_, "Compare every row afterwards; this is always done");
  }
  Result<Arguments> check() const override { return DatabaseCopyArguments{TRY(options_.check(common(), {})), from_, to_}; }

 private:
  ServiceOptions options_;
  std::string from_, to_;
  bool is_verified_ = true;
};

class TokenParser final : public CommandParser {
 public:
  explicit TokenParser(CLI::App& program)
      : CommandParser(program, "token", "Print an access token for the API, and nothing else") {
    options_.add_to(command());
    command()
        .add_option("--scopes", scopes_, "What it allows, as schedules:read,schedules:write, or admin")
        ->required()
        ->check(is_given());
    command().add_option("--organisation", organisation_, "Whose data (default: the default organisation)");
    command().add_option("--minutes", minutes_, "How long it is valid (default 15)")->check(CLI::Range(1, 24 * 60));
  }
  Result<Arguments> check() const override {
    return TokenArguments{TRY(options_.check(common(), {})), scopes_, organisation_, std::chrono::minutes(minutes_)};
  }

 private:
  ServiceOptions options_;
  std::string scopes_, organisation_;
  int minutes_ = 15;
};

/// A command that has the service's options and a format.
template <class Made>
class ListingParser final : public CommandParser {
 public:
  ListingParser(CLI::App& program, const char* name, const char* description) : CommandParser(program, name, description) {
    options_.add_to(command());
    command().add_option("--format", format_, "text or json");
  }
  Result<Arguments> check() const override { return Made{TRY(options_.check(common(), {})), TRY(parse_list_format(format_))}; }

 private:
  ServiceOptions options_;
  std::string format_ = "text";
};

class ConfigParser final : public CommandParser {
 public:
  explicit ConfigParser(CLI::App& program)
      : CommandParser(program, "config", "Show every setting, its value and where it came from") {
    options_.add_to(command());
  }
  Result<Arguments> check() const override { return ConfigArguments{TRY(options_.check(common(), {}))}; }

 private:
  ServiceOptions options_;
};

class SelftestParser final : public CommandParser {
 public:
  explicit SelftestParser(CLI::App& program)
      : CommandParser(program, "selftest", "Try each tier of a running service over its API, as guide 000 does") {
    command().add_option("--api-url", api_url_, "Where the API is")->check(is_given());
    command().add_option("--token", token_, "Access token, as `gannet token --scopes admin` prints one");
    command().add_option("--domain", domain_, "Site to make schedules for and to scan")->check(is_given());
  }
  Result<Arguments> check() const override { return SelftestArguments{api_url_, token_, domain_}; }

 private:
  std::string api_url_ = "http://localhost:8000", token_, domain_ = "https://example.com";
};

class SchedulesParser final : public CommandParser {
 public:
  using Action = SchedulesArguments::Action;
  SchedulesParser(CLI::App& program, Action action, const char* name, const char* description)
      : CommandParser(group(program, "schedules", "List, change, export and import schedules"), name, description),
        action_(action) {
    options_.add_to(command());
    command().add_option("--organisation", organisation_, "Whose schedules (default: the default organisation)");
    switch (action) {
      case Action::list: break;
      case Action::export_all: command().add_option("FILE", file_, "Where to (default: standard output)"); break;
      case Action::import_all:
        command()
            .add_option("FILE", file_, "What export wrote, a page of the API, or an array of schedules")
            ->required()
            ->check(is_given());
        break;
      case Action::show:
      case Action::next:
      case Action::enable:
      case Action::disable:
      case Action::pause:
      case Action::resume:
      case Action::run:
      case Action::remove:
        command().add_option("SCHEDULE", schedule_, "Its id, or the start of it")->required()->check(is_given());
        break;
    }
    if (action == Action::pause)
      command().add_option("--reason", reason_, "Why, for those who look at it")->required()->check(is_given());
    if (action == Action::next)
      command().add_option("--count", count_, "How many fires (default 10)")->check(CLI::Range(1, 1000));
    if (action == Action::list || action == Action::show) command().add_option("--format", format_, "text or json");
  }
  Result<Arguments> check() const override {
    return SchedulesArguments{.service = TRY(options_.check(common(), {})),
                              .action = action_,
                              .organisation = organisation_,
                              .schedule = schedule_,
                              .reason = reason_,
                              .file = file_,
                              .count = count_,
                              .format = TRY(parse_list_format(format_))};
  }

 private:
  const Action action_;
  ServiceOptions options_;
  std::string organisation_, schedule_, reason_, file_, format_ = "text";
  int count_ = 10;
};

class HistoryParser final : public CommandParser {
 public:
  explicit HistoryParser(CLI::App& program)
      : CommandParser(program, "history", "Show the runs of schedules, count them, or clean them up") {
    options_.add_to(command());
    command().add_option("--organisation", organisation_, "Whose runs (default: the default organisation)");
    command().add_option("--schedule", schedule_, "Of this schedule only")->check(is_given());
    command().add_option("--domain", domain_, "Of this domain only")->check(is_given());
    command().add_option("--status", status_, "started, success, partial, failed or cancelled")->check(is_given());
    command()
        .add_option("--hours", hours_, "Begun in the last so many hours (default 24; of one schedule or domain, all)")
        ->check(CLI::Range(1, 24 * 36500));
    command().add_option("--limit", limit_, "At most so many (default 100)")->check(CLI::Range(1, 10'000));
    auto* statistics =
        command().add_flag("--statistics", wants_statistics_, "Totals, success rate and durations of the last --days");
    command().add_flag("--cleanup", wants_clean_up_, "Delete runs older than --days; prints how many")->excludes(statistics);
    command().add_option("--days", days_, "For --statistics (default 7) and --cleanup (default 90)")->check(CLI::Range(1, 36500));
    command().add_option("--format", format_, "text or json");
  }
  Result<Arguments> check() const override {
    using Action = HistoryArguments::Action;
    const auto action = wants_statistics_ ? Action::statistics : wants_clean_up_ ? Action::clean_up : Action::list;
    return HistoryArguments{.service = TRY(options_.check(common(), {})),
                            .action = action,
                            .organisation = organisation_,
                            .schedule = schedule_,
                            .domain = domain_,
                            .status = status_,
                            .hours = hours_ != 0                            ? std::optional(hours_)
                                     : schedule_.empty() && domain_.empty() ? std::optional(24)
                                                                            : std::nullopt,
                            .days = days_ != 0                   ? days_
                                    : action == Action::clean_up ? 90
                                                                 : 7,
                            .limit = limit_,
                            .format = TRY(parse_list_format(format_))};
  }

 private:
  ServiceOptions options_;
  std::string organisation_, schedule_, domain_, status_, format_ = "text";
  int hours_ = 0, days_ = 0, limit_ = 100;
  bool wants_statistics_ = false, wants_clean_up_ = false;
};

}  // namespace

std::unique_ptr<CommandParser> make_serve_parser(CLI::App& program) { return std::make_unique<ServeParser>(program); }
std::unique_ptr<CommandParser> make_migrate_parser(CLI::App& program) { return std::make_unique<MigrateParser>(program); }
std::unique_ptr<CommandParser> make_database_copy_parser(CLI::App& program) {
  return std::make_unique<DatabaseCopyParser>(program);
}
std::unique_ptr<CommandParser> make_token_parser(CLI::App& program) { return std::make_unique<TokenParser>(program); }
std::unique_ptr<CommandParser> make_config_parser(CLI::App& program) { return std::make_unique<ConfigParser>(program); }
std::unique_ptr<CommandParser> make_selftest_parser(CLI::App& program) { return std::make_unique<SelftestParser>(program); }
std::unique_ptr<CommandParser> make_history_parser(CLI::App& program) { return std::make_unique<HistoryParser>(program); }
std::unique_ptr<CommandParser> make_locks_parser(CLI::App& program) {
  return std::make_unique<ListingParser<LocksArguments>>(program, "locks",
                                                         "List the locks of schedules: who holds each, and for how long yet");
}
std::unique_ptr<CommandParser> make_sync_parser(CLI::App& program) {
  return std::make_unique<ListingParser<SyncArguments>>(program, "sync", "Take the schedules of the feed at API_URL, once");
}
std::unique_ptr<CommandParser> make_doctor_parser(CLI::App& program) {
  return std::make_unique<ListingParser<DoctorArguments>>(program, "doctor",
                                                          "Check a live database: are all fires, runs and jobs in order?");
}

std::vector<std::unique_ptr<CommandParser>> make_schedules_parsers(CLI::App& program) {
  using Action = SchedulesArguments::Action;
  static constexpr auto k_actions = std::to_array<std::tuple<Action, const char*, const char*>>(
      {{Action::list, "list", "List schedules, newest first"},
       {Action::show, "show", "Show one schedule"},
       {Action::next, "next", "Show when a schedule fires next"},
       {Action::enable, "enable", "Let a schedule fire"},
       {Action::disable, "disable", "Let a schedule fire no more"},
       {Action::pause, "pause", "Pause a schedule, with the reason"},
       {Action::resume, "resume", "Resume a paused schedule"},
       {Action::run, "run", "Run a schedule now"},
       {Action::remove, "delete", "Delete a schedule; its history stays"},
       {Action::export_all, "export", "Write all schedules as JSON"},
       {Action::import_all, "import", "Take schedules from JSON; what is there already stays as it is"}});
  std::vector<std::unique_ptr<CommandParser>> parsers;
  for (const auto& [action, name, description] : k_actions)
    parsers.push_back(std::make_unique<SchedulesParser>(program, action, name, description));
  return parsers;
}

}  // namespace gannet::app
