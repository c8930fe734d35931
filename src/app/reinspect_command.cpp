#include <cstdio>
#include <limits>

#include <boost/json.hpp>

#include "app/commands.hpp"
#include "app/judge.hpp"
#include "app/open_store.hpp"
#include "app/output.hpp"
#include "base/text.hpp"
#include "inspect/judgement.hpp"

namespace gannet::app {

namespace json = boost::json;

namespace {

/// What became of one scan.
struct Reinspection {
  ScanId id;
  std::string url;
  /// Absent where the scan ended without a record: there is nothing to judge.
  std::optional<record::Judgement> now;
  /// Absent where it had not been judged before.
  std::optional<record::Judgement> before;
  inspect::JudgementChange change;
};

Result<Reinspection> reinspect(store::Store& store, const Judge& judge, ScanId id) {
  const auto scan = TRY(store.load_scan_blocking(id));
  Reinspection done{.id = id, .url = scan.url, .now = {}, .before = {}, .change = {}};
  if (scan.states.empty()) return done;
  auto judgements = TRY(store.load_judgements_blocking(id));
  done.now = judge.judgement_of(judge.judge(scan), SystemClock().now());
  if (!judgements.empty()) {
    done.before = std::move(judgements.back());
    done.change = inspect::compare_judgements(*done.before, *done.now);
    // A judgement that says the same by the same rules adds nothing.
    if (done.change.is_empty()) return done;
  }
  TRY(store.add_judgement_blocking(id, *done.now));
  return done;
}

std::string title_of(const record::Finding& finding) {
  return fmt::format("{}: {}", record::to_string(finding.severity), printable(finding.title, 300));
}

std::string or_none(const std::string& text) { return text.empty() ? "none" : printable(text, 100); }

std::string as_text(const Reinspection& done) {
  auto text = fmt::format("{}  {}\n", done.id.to_string(), printable(done.url, 200));
  if (!done.now) return text + "  not judged: it ended without a record\n";
  if (!done.before) return text + fmt::format("  judged for the first time: {} findings\n", done.now->findings.size());
  const auto& change = done.change;
  text += fmt::format("  before: {}\n", format_instant(done.before->judged_at));
  if (change.gannet.from != change.gannet.to)
    text += fmt::format("  gannet: {} → {}\n", or_none(change.gannet.from), or_none(change.gannet.to));
  for (const auto& [name, versions] : change.datasets)
    text += fmt::format("  data set {}: {} → {}\n", printable(name, 100), or_none(versions.from),
                        versions.from == versions.to ? "the same version with another content" : or_none(versions.to));
  for (const auto& finding : change.added) text += fmt::format("  + {}\n", title_of(finding));
  for (const auto& finding : change.gone) text += fmt::format("  - {}\n", title_of(finding));
  for (const auto& [from, to] : change.regraded)
    text += fmt::format("  ~ {} {} → {} {}: {}\n", record::to_string(from.severity), record::to_string(from.confidence),
                        record::to_string(to.severity), record::to_string(to.confidence), printable(to.title, 300));
  for (const auto& [name, category] : change.categories)
    text += fmt::format("  {}: {} → {}\n", printable(name, 200), or_none(category.from), or_none(category.to));
  if (change.has_same_verdict()) text += "  the verdict is the same\n";
  return text;
}

json::array list_of(const std::vector<record::Finding>& findings) {
  json::array list;
  for (const auto& finding : findings)
    list.push_back(json::object{{"id", finding.id},
                                {"kind", finding.kind},
                                {"severity", std::string(record::to_string(finding.severity))},
                                {"confidence", std::string(record::to_string(finding.confidence))},
                                {"title", printable(finding.title)}});
  return list;
}

json::object changes_of(const std::map<std::string, inspect::JudgementChange::FromTo<std::string>>& changes) {
  json::object object;
  for (const auto& [name, change] : changes)
    object[printable(name)] = json::object{{"from", printable(change.from)}, {"to", printable(change.to)}};
  return object;
}

json::object as_json(const Reinspection& done) {
  json::object object{{"scan_id", done.id.to_string()}, {"url", done.url}};
  object["judged_at"] = done.now ? json::value(format_instant(done.now->judged_at)) : json::value();
  object["judged_before_at"] = done.before ? json::value(format_instant(done.before->judged_at)) : json::value();
  object["findings_added"] = list_of(done.change.added);
  object["findings_gone"] = list_of(done.change.gone);
  std::vector<record::Finding> regraded_from, regraded_to;
  for (const auto& regraded : done.change.regraded) {
    regraded_from.push_back(regraded.from);
    regraded_to.push_back(regraded.to);
  }
  object["findings_regraded"] = json::object{{"from", list_of(regraded_from)}, {"to", list_of(regraded_to)}};
  object["categories"] = changes_of(done.change.categories);
  object["data_sets"] = changes_of(done.change.datasets);
  return object;
}

Result<void> reinspect_all(const ReinspectArguments& arguments) {
  auto store = TRY(OpenStore::open(arguments.common));
  const auto judge = TRY(Judge::load(arguments.common, arguments.rules));
  std::vector<ScanId> ids;
  for (const auto& scan : arguments.scans) ids.push_back(TRY((*store)->find_scan_blocking(scan)));
  if (arguments.scans.empty())
    for (const auto& scan : TRY((*store)->list_scans_blocking({.host = {}, .limit = std::numeric_limits<int>::max()})))
      if (scan.status != "running") ids.push_back(scan.id);
  auto output = TRY(Output::open({}));
  json::array list;
  for (const auto& id : ids) {
    const auto done = TRY(reinspect(**store, judge, id));
    if (arguments.format == Format::json)
      list.push_back(as_json(done));
    else
      output.add(as_text(done));
  }
  if (arguments.format == Format::json) output.add(json::serialize(list) + "\n");
  return output.finish();
}

}  // namespace

int run_command(const ReinspectArguments& arguments) {
  const auto done = reinspect_all(arguments);
  return done ? 0 : complain(done.error());
}

}  // namespace gannet::app
