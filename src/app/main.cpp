// gannet: the composition root. Decides what runs; knows how nothing is done.
#include <csignal>
#include <cstdio>

#include "app/commands.hpp"
#include "base/log.hpp"

int main(int argc, char** argv) {
  namespace app = gannet::app;
  // A reader that went away (a closed pipe) is an error of write(2), not a reason to die without cleaning up.
  std::signal(SIGPIPE, SIG_IGN);
  const auto arguments = app::parse_arguments(argc, argv);
  if (const auto* printed = std::get_if<app::Printed>(&arguments)) {
    std::fputs(printed->text.c_str(), printed->exit_code == 0 ? stdout : stderr);
    return printed->exit_code;
  }
  if (const auto* scan = std::get_if<app::ScanArguments>(&arguments)) {
    if (scan->common.is_verbose) gannet::log::set_level(gannet::log::Level::debug);
    return app::run_scan_command(*scan);
  }
  return app::run_data_command(std::get<app::DataArguments>(arguments));
}
