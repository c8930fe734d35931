#include "app/impl/command_parser.hpp"
#include "base/text.hpp"

namespace gannet::app {

namespace {

/// "cookies", the command that these are commands of.
CLI::App& cookies_group(CLI::App& program) {
  const auto groups = program.get_subcommands([](CLI::App* command) { return command->get_name() == "cookies"; });
  if (!groups.empty()) return *groups.front();
  auto* group = program.add_subcommand("cookies", "Say, correct and review what cookies are for");
  group->require_subcommand(1);
  return *group;
}

Result<std::string> check_host(const char* option, std::string_view text) {
  std::string host = to_lower(trim(text));
  host.erase(0, host.find_first_not_of('.'));
  if (host.empty() || host.find_first_of("/:*@ \\") != std::string::npos)
    return fail(ErrorKind::invalid, "{} is '{}'; it must be a host name such as shop.example", option, printable(text, 100));
  return host;
}

/// Options that name one cookie.
class CookieOptions {
 public:
  void add_to(CLI::App& command, const char* site_meaning) {
    command.add_option("NAME", name_, "The cookie's whole name; after -- where it starts with a dash")->required();
    command.add_option("--domain", domain_, "The cookie's domain")->required();
    command.add_option("--site", site_, site_meaning);
  }
  Result<inspect::DecisionKey> check() const {
    inspect::DecisionKey key{.name = name_, .domain = TRY(check_host("--domain", domain_)), .site = {}};
    if (name_.empty()) return fail(ErrorKind::invalid, "NAME is empty; it must be the cookie's whole name");
    if (!site_.empty()) key.site = TRY(check_host("--site", site_));
    return key;
  }

 private:
  std::string name_, domain_, site_;
};

class TestParser final : public CommandParser {
 public:
  explicit TestParser(CLI::App& program)
      : CommandParser(cookies_group(program), "test", "Say which category a cookie has, and what each source says of it") {
    cookie_.add_to(command(), "The site that is visited (default: the cookie's own)");
    command().add_option("--rules", rules_, "JSON file with your own cookie rules");
    command().add_option("--format", format_, "text or json");
  }
  Result<Arguments> check() const override {
    return CookiesTestArguments{common(), TRY(cookie_.check()), rules_, TRY(parse_list_format(format_))};
  }

 private:
  CookieOptions cookie_;
  std::string rules_, format_ = "text";
};

class SetParser final : public CommandParser {
 public:
  explicit SetParser(CLI::App& program)
      : CommandParser(cookies_group(program), "set", "Decide on a cookie: makes a rule, and a case for 'cookies check'") {
    cookie_.add_to(command(), "Decide for visits to this site only");
    command().add_option("--category", category_, "necessary, functional, analytics or advertising")->required();
    command().add_option("--note", note_, "Why; reports and policies print it as the cookie's description");
  }
  Result<Arguments> check() const override {
    const auto category = datasets::parse_category(category_);
    if (!category || *category == datasets::Category::unknown)
      return fail(ErrorKind::invalid, "--category is '{}'; it must be necessary, functional, analytics or advertising",
                  printable(category_, 50));
    return CookiesSetArguments{common(), {.key = TRY(cookie_.check()), .category = *category, .note = note_}};
  }

 private:
  CookieOptions cookie_;
  std::string category_, note_;
};

class UnsetParser final : public CommandParser {
 public:
  explicit UnsetParser(CLI::App& program)
      : CommandParser(cookies_group(program), "unset", "Take a decision back: removes its rule and its case") {
    cookie_.add_to(command(), "The decision for this site");
  }
  Result<Arguments> check() const override { return CookiesUnsetArguments{common(), TRY(cookie_.check())}; }

 private:
  CookieOptions cookie_;
};

class RulesParser final : public CommandParser {
 public:
  explicit RulesParser(CLI::App& program)
      : CommandParser(cookies_group(program), "rules", "List the rules and cases of the data folder") {
    command().add_option("--format", format_, "text or json");
  }
  Result<Arguments> check() const override { return CookiesRulesArguments{common(), TRY(parse_list_format(format_))}; }

 private:
  std::string format_ = "text";
};

class CheckParser final : public CommandParser {
 public:
  explicit CheckParser(CLI::App& program)
      : CommandParser(cookies_group(program), "check",
                      "Hold the cases against rules and data sets; exits with 1 where one fails") {
    command().add_option("--rules", rules_, "JSON file with your own cookie rules");
    command().add_option("--format", format_, "text or json");
  }
  Result<Arguments> check() const override { return CookiesCheckArguments{common(), rules_, TRY(parse_list_format(format_))}; }

 private:
  std::string rules_, format_ = "text";
};

class ReviewParser final : public CommandParser {
 public:
  explicit ReviewParser(CLI::App& program)
      : CommandParser(cookies_group(program), "review", "List the cookies of kept scans that nobody could sort") {
    command().add_option("--host", host_, "Only scans of this host");
    command().add_option("--limit", limit_, "Look at the newest so many scans (default 200)")->check(CLI::Range(1, 10'000));
    command().add_option("--rules", rules_, "JSON file with your own cookie rules");
    command().add_option("--format", format_, "text or json");
  }
  Result<Arguments> check() const override {
    return CookiesReviewArguments{common(), host_, limit_, rules_, TRY(parse_list_format(format_))};
  }

 private:
  std::string host_, rules_, format_ = "text";
  int limit_ = 200;
};

}  // namespace

std::unique_ptr<CommandParser> make_cookies_test_parser(CLI::App& program) { return std::make_unique<TestParser>(program); }
std::unique_ptr<CommandParser> make_cookies_set_parser(CLI::App& program) { return std::make_unique<SetParser>(program); }
std::unique_ptr<CommandParser> make_cookies_unset_parser(CLI::App& program) { return std::make_unique<UnsetParser>(program); }
std::unique_ptr<CommandParser> make_cookies_rules_parser(CLI::App& program) { return std::make_unique<RulesParser>(program); }
std::unique_ptr<CommandParser> make_cookies_check_parser(CLI::App& program) { return std::make_unique<CheckParser>(program); }
std::unique_ptr<CommandParser> make_cookies_review_parser(CLI::App& program) { return std::make_unique<ReviewParser>(program); }

}  // namespace gannet::app
