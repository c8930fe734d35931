// The part of Store that keeps contents beside the records, and removes what is no longer wanted.
#include <set>

#include <boost/json.hpp>

#include "record/json.hpp"
#include "store/impl/content_rows.hpp"
#include "store/impl/scan_rows.hpp"
#include "store/impl/stored_json.hpp"
#include "store/store.hpp"

namespace gannet::store {

namespace {

/// Error where there is no such scan, or it runs.
Result<void> check_ended(db::Tx& tx, ScanId id) {
  const auto scan = TRY(impl::find_stored(tx, id));
  if (!scan) return fail(ErrorKind::not_found, "there is no scan {}", id.to_string());
  if (scan->status == "running") return fail(ErrorKind::conflict, "scan {} is still running", id.to_string());
  return {};
}

}  // namespace

Result<record::ScreenshotSet> Store::load_screenshots_blocking(ScanId id) {
  const auto named =
      TRY(database_->read_blocking([id](db::Tx& tx) { return impl::contents_of(tx, ContentClass::screenshots, id); }));
  record::ScreenshotSet screenshots;
  for (const auto& sha256 : named) screenshots[sha256] = TRY(blobs(ContentClass::screenshots).get(sha256));
  return screenshots;
}

Result<std::vector<record::Judgement>> Store::load_judgements_blocking(ScanId id) {
  const auto named = TRY(database_->read_blocking([id](db::Tx& tx) { return impl::list_judgements(tx, id); }));
  const auto what = fmt::format("a judgement of scan {}", id.to_string());
  std::vector<record::Judgement> judgements;
  for (const auto& sha256 : named) {
    const auto text = TRY(blobs(ContentClass::judgements).get(sha256));
    auto judgement = record::judgement_from_json(TRY(impl::parse_stored(text, what)));
    if (!judgement) return fail(ErrorKind::internal, "{} is damaged: {}", what, judgement.error().describe());
    judgements.push_back(std::move(*judgement));
  }
  return judgements;
}

Result<void> Store::add_judgement_blocking(ScanId id, const record::Judgement& judgement) {
  Hashes written;
  const auto add = [&]() -> Result<void> {
    const auto holds = TRY(hold());
    const auto stored =
        TRY(blobs(ContentClass::judgements)
                .put(holds[std::size_t(ContentClass::judgements)], boost::json::serialize(record::to_json(judgement))));
    written[std::size_t(ContentClass::judgements)].push_back(stored.sha256);
    return database_->write_blocking([&](db::Tx& tx) -> Result<void> {
      TRY(check_ended(tx, id));
      return impl::insert_judgement(tx, id, judgement.judged_at, stored);
    });
  };
  auto added = add();
  if (!added) TRY(remove_unused(written));
  return added;
}

Result<void> Store::delete_scan_blocking(ScanId id) { return delete_scans({id}); }

Result<void> Store::delete_scans(const std::vector<ScanId>& ids) {
  Hashes named;
  TRY(database_->write_blocking([&](db::Tx& tx) -> Result<void> {
    for (const auto& id : ids) {
      TRY(check_ended(tx, id));
      for (const auto content_class : k_content_classes) {
        auto& of_class = named[std::size_t(content_class)];
        for (auto& sha256 : TRY(impl::contents_of(tx, content_class, id))) of_class.push_back(std::move(sha256));
      }
      TRY(impl::delete_scan(tx, id));
    }
    return {};
  }));
  return remove_unused(named);
}

Result<Pruned> Store::prune_blocking(const Retention& retention, PruneMode mode) {
  struct Plan {
    std::vector<ScanId> scans;
    std::vector<ScanId> scans_with_screenshots;
    Pruned pruned;
  };
  const auto now = parts_.clock.now();
  const auto plan = TRY(database_->read_blocking([&](db::Tx& tx) -> Result<Plan> {
    Plan made;
    made.scans = TRY(impl::list_outdated_scans(tx, now - retention.scans));
    made.scans_with_screenshots = TRY(impl::list_scans_with_outdated_screenshots(tx, now - retention.screenshots));
    const std::set<ScanId> whole(made.scans.begin(), made.scans.end());
    auto pictured = whole;
    pictured.insert(made.scans_with_screenshots.begin(), made.scans_with_screenshots.end());
    made.pruned = {.scans = made.scans.size(),
                   .visits = TRY(impl::measure_contents_of_only(tx, ContentClass::visits, whole)),
                   .screenshots = TRY(impl::measure_contents_of_only(tx, ContentClass::screenshots, pictured)),
                   .judgements = TRY(impl::measure_contents_of_only(tx, ContentClass::judgements, whole))};
    return made;
  }));
  if (mode == PruneMode::dry_run) return plan.pruned;
  Hashes named;
  TRY(database_->write_blocking([&](db::Tx& tx) -> Result<void> {
    auto& screenshots = named[std::size_t(ContentClass::screenshots)];
    for (const auto& id : plan.scans_with_screenshots) {
      for (auto& sha256 : TRY(impl::contents_of(tx, ContentClass::screenshots, id))) screenshots.push_back(std::move(sha256));
      TRY(impl::delete_screenshots(tx, id));
    }
    return {};
  }));
  TRY(remove_unused(named));
  // One by one: a scan that somebody else has deleted meanwhile is no reason to keep the others.
  for (const auto& id : plan.scans) {
    auto deleted = delete_scans({id});
    if (!deleted && deleted.error().kind() != ErrorKind::not_found) return pass(deleted);
  }
  TRY(sweep_orphans_blocking());
  return plan.pruned;
}

Result<db::BlobStore::Sweep> Store::sweep_orphans_blocking() {
  db::BlobStore::Sweep all;
  for (const auto content_class : k_content_classes) {
    const auto sweep = TRY(blobs(content_class).sweep(in_use(content_class)));
    all.files_removed += sweep.files_removed;
    all.bytes_removed += sweep.bytes_removed;
    all.folders_skipped += sweep.folders_skipped;
  }
  return all;
}

Result<Store::Holds> Store::hold() const {
  auto visits = TRY(blobs(ContentClass::visits).hold_blocking());
  auto screenshots = TRY(blobs(ContentClass::screenshots).hold_blocking());
  auto judgements = TRY(blobs(ContentClass::judgements).hold_blocking());
  return Holds{std::move(visits), std::move(screenshots), std::move(judgements)};
}

Result<void> Store::remove_unused(const Hashes& hashes) const {
  for (const auto content_class : k_content_classes) {
    const auto& of_class = hashes[std::size_t(content_class)];
    if (!of_class.empty()) TRY(blobs(content_class).remove_unused_blocking(of_class, in_use(content_class)));
  }
  return {};
}

db::BlobStore::InUse Store::in_use(ContentClass content_class) const {
  return [this, content_class](std::string_view prefix) {
    return database_->read_blocking([&](db::Tx& tx) { return impl::contents_in_use(tx, content_class, std::string(prefix)); });
  };
}

}  // namespace gannet::store
