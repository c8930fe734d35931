#include <array>
#include <cstdio>

#include <boost/json.hpp>

#include "app/commands.hpp"
#include "base/text.hpp"
#include "datasets/datasets.hpp"

namespace gannet::app {

namespace json = boost::json;

namespace {

/// What the program says of itself ("Chromium 156.0.8078.79"); empty when it says nothing.
std::string version_of(const std::filesystem::path& executable) {
  std::string quoted = "'";
  for (const char c : executable.string()) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  FILE* output = ::popen((quoted + "' --version 2>/dev/null").c_str(), "re");
  if (!output) return {};
  std::array<char, 200> line{};
  const char* read = std::fgets(line.data(), line.size(), output);
  ::pclose(output);
  return read ? printable(trim(read)) : std::string();
}

}  // namespace

int run_data_command(const DataArguments& arguments) {
  auto sets = datasets::Datasets::load({.path = arguments.common.data_sets});
  if (!sets) {
    fmt::print(stderr, "gannet: {}\n", sets.error().describe());
    return 3;
  }
  const auto executable = browser::find_browser(arguments.common.browser.executable);
  const std::string browser = executable ? fmt::format("{} ({})", version_of(*executable), executable->string()) : executable.error().describe();
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
    fmt::print("{}\n", json::serialize(json::object{{"browser", browser}, {"data_sets", list}}));
    return 0;
  }
  fmt::print("{:<34} {:<12} {:<12} {:>8} {:>8}  {}\n", "data set", "version", "date", "entries", "age", "licence");
  for (const auto& row : rows)
    fmt::print("{:<34} {:<12} {:<12} {:>8} {:>8}  {}\n", row.name, row.version, row.date.empty() ? "-" : row.date,
               row.entry_count, row.age_days ? fmt::format("{} d", *row.age_days) : "-", row.licence);
  fmt::print("\nbrowser: {}\n", browser);
  return 0;
}

}  // namespace gannet::app
