// gannet: the composition root. Decides what runs; knows how nothing is done.
#include <csignal>
#include <cstdio>

#include "app/commands.hpp"
#include "base/log.hpp"

namespace {

namespace app = gannet::app;

int run(const app::Printed& printed) {
  std::fputs(printed.text.c_str(), printed.exit_code == 0 ? stdout : stderr);
  return printed.exit_code;
}

template <class Command>
int run(const Command& arguments) {
  // The commands of the service have their level among the settings.
  if constexpr (requires { arguments.common; })
    if (arguments.common.is_verbose) gannet::log::set_level(gannet::log::Level::debug);
  return app::run_command(arguments);
}

}  // namespace

// NOLINTNEXTLINE(bugprone-exception-escape): what nobody expects to be thrown ends the program, loudly.
int main(int argc, char** argv) {
  // A reader that went away (a closed pipe) is an error of write(2), not a reason to die without cleaning up.
  std::signal(SIGPIPE, SIG_IGN);
  // As is a file that may not grow any more.
  std::signal(SIGXFSZ, SIG_IGN);
  const auto arguments = app::parse_arguments(argc, argv);
  return std::visit([](const auto& command) { return run(command); }, arguments);
}
