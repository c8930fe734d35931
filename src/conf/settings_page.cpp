#include <iterator>

#include "conf/impl/values.hpp"
#include "conf/settings.hpp"

namespace gannet::conf {

std::string settings_page() {
  std::string page =
      "# Settings\n\n"
      "<!-- Written from src/conf/settings_table.cpp; UPDATE_SNAPSHOTS=1 with the unit tests of conf renews it. -->\n\n"
      "Every setting has one name, wherever it is written. A later source wins:\n\n"
      "1. the default below,\n"
      "2. the preset (`GANNET_PRESET` or `--preset`),\n"
      "3. the file of `--config`,\n"
      "4. `.env` in the folder where Gannet starts,\n"
      "5. the environment,\n"
      "6. flags.\n\n"
      "Both kinds of file hold lines `NAME=VALUE`; `export` before a name, quotes around a value and `#` comments are "
      "understood. A name\n"
      "in the file of `--config` that is no setting is an error. `gannet config` shows what is in effect and where it came "
      "from.\n\n"
      "Durations take a unit (`500ms`, `30s`, `5min`, `2h`, `90d`); a bare number is in the unit named here. Sizes take `KiB`, "
      "`MiB`, `GiB`.\n"
      "Booleans are `true` or `false`, `yes` or `no`, `on` or `off`, `1` or `0`, in any case.\n";
  for (const auto& group : setting_groups()) {
    fmt::format_to(std::back_inserter(page),
                   "\n## {}\n\n| Name | Default | What it is | Must be | Guides |\n|---|---|---|---|---|\n", group.title);
    for (const auto& setting : group.settings) {
      std::string default_text(setting.default_text);
      if (!default_text.empty() && !setting.unit.empty()) default_text += " " + std::string(setting.unit);
      fmt::format_to(std::back_inserter(page), "| `{}`{} | {} | {}{} | {} | {} |\n", setting.name,
                     setting.alias.empty() ? "" : fmt::format(" (or `{}`)", setting.alias),
                     default_text.empty() ? "" : "`" + default_text + "`", setting.doc,
                     setting.is_secret     ? " Secret."
                     : setting.is_reloaded ? " Reloaded."
                                           : "",
                     kind_text(setting), setting.guides);
    }
  }
  page +=
      "\n## Presets\n\n"
      "`low` is for small machines (5 workers, 2 browsers with 10 pages each), `high` for large ones (20 workers, 8 browsers "
      "with 30\n"
      "pages each, 10 to 50 connections to PostgreSQL). `auto` takes browsers and pages from the memory: 8 GB 3 × 10, 16 GB 5 × "
      "20, 32 GB\n"
      "8 × 30, 64 GB 10 × 50, less than 8 GB as `low`. What is set by name goes before the preset.\n\n"
      "## Redis\n\n"
      "`REDIS_URL` goes before the other `REDIS_` settings; `REDIS_PASSWORD` fills the password that it lacks. Where the two "
      "really\n"
      "contradict each other Gannet does not start and names both. With nothing set about Redis, none is used.\n\n"
      "## While the service runs\n\n"
      "`SIGHUP` (`systemctl reload`) reads the files again and opens the log files anew; no request is refused meanwhile. "
      "Settings "
      "marked\n"
      "*Reloaded* take effect at once. Of all others the log names those that differ: they wait for the next start. Where one is "
      "wrong,\n"
      "the log says which, and all stay as they were. `SIGUSR1` opens the log files anew and does nothing else.\n";
  return page;
}

}  // namespace gannet::conf
