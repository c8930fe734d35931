#include <array>
#include <cstdio>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/json.hpp>

#include "app/commands.hpp"
#include "app/output.hpp"
#include "base/text.hpp"
#include "datasets/datasets.hpp"
#include "store/contents.hpp"

namespace gannet::app {

namespace json = boost::json;

namespace {

/// What the program says of itself ("Chromium 156.0.8078.79"); empty when it says nothing.
std::string version_of(const std::filesystem::path& executable) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return {};
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  std::string program = executable.string(), option = "--version";
  std::array<char*, 3> arguments = {program.data(), option.data(), nullptr};
  pid_t child = 0;
  const int error = ::posix_spawn(&child, program.c_str(), &actions, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  std::array<char, 200> text{};
  const ssize_t size = error == 0 ? ::read(ends[0], text.data(), text.size()) : 0;
  ::close(ends[0]);
  if (error == 0) ::waitpid(child, nullptr, 0);
  return printable(trim({text.data(), std::size_t(std::max<ssize_t>(size, 0))}));
}

/// Name and size of each class of what is kept.
std::vector<std::pair<std::string, store::StoredSize>> rows_of(const store::Usage& usage) {
  return {{"visits", usage.visits},
          {"screenshots", usage.screenshots},
          {"judgements", usage.judgements},
          {"database", usage.database},
          {"claims", usage.claims}};
}

json::object to_json(const store::Usage& usage) {
  json::object kept;
  for (const auto& [name, size] : rows_of(usage)) kept[name] = json::object{{"files", size.files}, {"size_bytes", size.bytes}};
  return kept;
}

}  // namespace

int run_command(const DataArguments& arguments) {
  auto sets = datasets::Datasets::load({.path = arguments.common.data_sets});
  if (!sets) {
    fmt::print(stderr, "gannet: {}\n", sets.error().describe());
    return 3;
  }
  const auto executable = browser::find_browser(arguments.common.browser.executable);
  const std::string browser =
      executable ? fmt::format("{} ({})", version_of(*executable), executable->string()) : executable.error().describe();
  const auto usage = store::measure_usage_blocking(arguments.common.data_dir);
  if (!usage) return complain(usage.error());
  const auto rows = (*sets)->describe(SystemClock().now());
  if (arguments.format == Format::json) {
    json::array list;
    for (const auto& row : rows)
      list.push_back({{"name", row.name},
                      {"version", row.version},
                      {"date", row.date},
                      {"entries", row.entry_count},
                      {"licence", row.licence},
                      {"sha256", row.sha256},
                      {"age_days", row.age_days ? json::value(*row.age_days) : json::value()}});
    fmt::print("{}\n", json::serialize(json::object{{"browser", browser}, {"data_sets", list}, {"kept", to_json(*usage)}}));
    return 0;
  }
  fmt::print("{:<34} {:<16} {:<12} {:>8} {:>8}  {}\n", "data set", "version", "date", "entries", "age", "licence");
  for (const auto& row : rows)
    fmt::print("{:<34} {:<16} {:<12} {:>8} {:>8}  {}\n", row.name, row.version, row.date.empty() ? "-" : row.date,
               row.entry_count, row.age_days ? fmt::format("{} d", *row.age_days) : "-", row.licence);
  fmt::print("\n{:<34} {:>8} {:>12}\n", "kept in " + arguments.common.data_dir.string(), "files", "size");
  for (const auto& [name, size] : rows_of(*usage))
    fmt::print("{:<34} {:>8} {:>12}\n", name, size.files, format_bytes(Bytes{size.bytes}));
  fmt::print("\nbrowser: {}\n", browser);
  return 0;
}

}  // namespace gannet::app
