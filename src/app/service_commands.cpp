// Commands about a running service that work beside it: token, config, locks.
#include <cstdio>

#include <boost/json.hpp>

#include "app/commands.hpp"
#include "app/installation.hpp"
#include "app/installation_database.hpp"
#include "app/make_coordination.hpp"
#include "app/output.hpp"
#include "base/text.hpp"
#include "identity/access_token.hpp"
#include "identity/organisations.hpp"

namespace gannet::app {

using namespace std::chrono_literals;
namespace json = boost::json;

namespace {

/// Needs the secret that the service signs with, and no database.
Result<void> print_token(const TokenArguments& arguments) {
  auto scopes = identity::ScopeSet::parse(arguments.scopes);
  if (!scopes) return pass(scopes, "--scopes");
  const auto& settings = arguments.service.settings;
  TRY(make_data_folder(arguments.service.common.data_dir));
  const auto keys = TRY(
      identity::TokenKeys::load(settings.jwt_secret_key, settings.jwt_secret_key_previous, arguments.service.common.data_dir));
  identity::Principal principal;
  principal.organisation = identity::organisation_id_of(arguments.organisation);
  principal.name = "command line";
  principal.scopes = *scopes;
  return print_all(identity::make_access_token(principal, SystemClock().now(), arguments.lifetime, keys) + "\n");
}

std::string locks_text(const std::vector<coordination::LockState>& locks) {
  if (locks.empty()) return "No schedule is locked.\n";
  auto text = fmt::format("{:<52}  {:<32}  {}\n", "lock", "held by", "time left");
  for (const auto& lock : locks)
    text += fmt::format("{:<52}  {:<32}  {}\n", printable(lock.key, 200), printable(lock.owner, 100),
                        lock.left ? format_duration(*lock.left) : "does not end by itself");
  return text;
}

std::string locks_json(const std::vector<coordination::LockState>& locks) {
  json::array list;
  for (const auto& lock : locks)
    list.push_back(
        {{"key", lock.key}, {"owner", lock.owner}, {"left_ms", lock.left ? json::value(lock.left->count()) : json::value()}});
  return json::serialize(list) + "\n";
}

aio::Task<Result<std::vector<coordination::LockState>>> list_locks(coordination::Coordination& coordination) {
  co_await coordination.start();
  const auto scope = aio::Scope::background().within(5s);
  // The first connection takes a moment; until it is there the answer would be that Redis is away.
  auto locks = co_await coordination.list_locks(scope, "lock:schedule:");
  co_await coordination.stop();
  co_return locks;
}

Result<void> show_locks(const LocksArguments& arguments) {
  boost::asio::io_context context(1);
  const SystemClock clock;
  SystemRandom random;
  if (!TRY(redis_address(arguments.service.settings)))
    return fail(ErrorKind::invalid,
                "no Redis is configured (REDIS_URL or REDIS_HOST): locks then live inside the one process of gannet serve, and "
                "/metrics counts them");
  const auto coordination = TRY(make_coordination(context.get_executor(), clock, random, arguments.service.settings));
  const auto locks = TRY(aio::run(context, list_locks(*coordination)));
  return print_all(arguments.format == Format::json ? locks_json(locks) : locks_text(locks));
}

}  // namespace

int run_command(const TokenArguments& arguments) { return exit_code(print_token(arguments)); }
int run_command(const ConfigArguments& arguments) {
  for (const auto& warning : arguments.service.warnings) std::fprintf(stderr, "gannet: %s\n", printable(warning).c_str());
  return exit_code(print_all(conf::describe(arguments.service.settings)));
}
int run_command(const LocksArguments& arguments) { return exit_code(show_locks(arguments)); }

}  // namespace gannet::app
