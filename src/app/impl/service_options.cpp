#include "app/impl/service_options.hpp"

#include <cstdlib>

#include <unistd.h>

#include "base/file.hpp"

namespace gannet::app {

namespace {

Bytes memory_of_machine() { return Bytes(std::uint64_t(::sysconf(_SC_PHYS_PAGES)) * std::uint64_t(::sysconf(_SC_PAGESIZE))); }

}  // namespace

void ServiceOptions::add_to(CLI::App& command) {
  command.add_option("--config", config_, "File of settings, NAME=VALUE; `gannet config` lists them");
}

Result<ServiceArguments> ServiceOptions::check(CommonArguments common, std::map<std::string, std::string> flags) const {
  if (!common.database_url.empty()) flags["DATABASE_URL"] = common.database_url;
  ServiceArguments arguments{
      .common = std::move(common), .config = config_, .flags = std::move(flags), .settings = {}, .warnings = {}};
  arguments.settings = TRY(read_settings(arguments, &arguments.warnings));
  const auto& settings = arguments.settings;
  arguments.common.database_url = settings.database_url;
  if (!arguments.common.has_data_dir && !settings.data_dir.empty()) {
    arguments.common.data_dir = settings.data_dir;
    if (!arguments.common.has_data_sets) arguments.common.data_sets = arguments.common.data_dir / "data";
  }
  if (!arguments.common.has_data_sets && !settings.data_sets.empty()) arguments.common.data_sets = settings.data_sets;
  return arguments;
}

Result<conf::Settings> read_settings(const ServiceArguments& arguments, std::vector<std::string>* warnings) {
  auto sources =
      TRY(conf::load_sources(arguments.config, ".", [](const char* name) -> const char* { return std::getenv(name); }));
  if (warnings) *warnings = std::move(sources.warnings);
  sources.layers.push_back({.source = "the command line", .values = arguments.flags, .is_ours = true});
  return conf::resolve(sources.layers, {.memory = memory_of_machine()});
}

Result<std::vector<std::string>> load_certificates(const std::vector<std::string>& paths) {
  std::vector<std::string> texts;
  for (const auto& path : paths) {
    auto text = TRY(read_file(path, 1_MiB));
    if (text.find("-----BEGIN CERTIFICATE-----") == std::string::npos)
      return fail(ErrorKind::invalid, "--ca {} holds no certificate; it must be a PEM file with -----BEGIN CERTIFICATE-----",
                  path);
    texts.push_back(std::move(text));
  }
  return texts;
}

}  // namespace gannet::app
