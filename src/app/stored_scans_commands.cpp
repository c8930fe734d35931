#include <cstdio>

#include <boost/json.hpp>

#include "app/commands.hpp"
#include "app/open_store.hpp"
#include "app/output.hpp"
#include "base/text.hpp"

namespace gannet::app {

namespace json = boost::json;

namespace {

json::object to_json(const store::ScanSummary& scan) {
  return {{"scan_id", scan.id.to_string()},
          {"url", scan.url},
          {"host", scan.host},
          {"status", scan.status},
          {"reason", scan.reason},
          {"started_at", format_instant(scan.started_at)},
          {"ended_at", scan.ended_at ? json::value(format_instant(*scan.ended_at)) : json::value()},
          {"visits", scan.visit_count},
          {"cookies", scan.cookie_count},
          {"requests", scan.request_count},
          {"stored_bytes", scan.stored_bytes},
          {"gannet_version", scan.gannet_version}};
}

std::string list_as_text(const std::vector<store::ScanSummary>& scans, const std::string& host) {
  if (scans.empty())
    return host.empty() ? "No scans are kept.\n" : fmt::format("No scans of host '{}' are kept.\n", printable(host, 200));
  auto text = fmt::format("{:<36}  {:<20} {:<9} {:>6} {:>7} {:>8} {:>8}  {}\n", "scan", "started", "status", "visits", "cookies",
                          "requests", "size", "url");
  for (const auto& scan : scans)
    text += fmt::format("{:<36}  {:<20} {:<9} {:>6} {:>7} {:>8} {:>8}  {}\n", scan.id.to_string(),
                        format_instant(scan.started_at).substr(0, 19) + "Z", scan.status, scan.visit_count, scan.cookie_count,
                        scan.request_count, format_bytes(Bytes{std::uint64_t(scan.stored_bytes)}), printable(scan.url, 200));
  return text;
}

Result<void> list_scans(const ScansArguments& arguments) {
  auto store = TRY(OpenStore::open(arguments.common));
  const auto scans = TRY((*store)->list_scans_blocking({.host = arguments.host, .limit = arguments.limit}));
  auto output = TRY(Output::open({}));
  if (arguments.format == Format::json) {
    json::array list;
    for (const auto& scan : scans) list.push_back(to_json(scan));
    output.add(json::serialize(list) + "\n");
  } else {
    output.add(list_as_text(scans, arguments.host));
  }
  return output.finish();
}

/// All names are looked up first: a mistyped one deletes nothing.
Result<void> delete_scans(const DeleteArguments& arguments) {
  auto store = TRY(OpenStore::open(arguments.common));
  std::vector<ScanId> ids;
  for (const auto& scan : arguments.scans) ids.push_back(TRY((*store)->find_scan_blocking(scan)));
  for (const auto& id : ids) {
    TRY((*store)->delete_scan_blocking(id));
    fmt::print("deleted {}\n", id.to_string());
  }
  return {};
}

int exit_code(const Result<void>& done) { return done ? 0 : complain(done.error()); }

}  // namespace

int run_command(const ScansArguments& arguments) { return exit_code(list_scans(arguments)); }
int run_command(const DeleteArguments& arguments) { return exit_code(delete_scans(arguments)); }

}  // namespace gannet::app
