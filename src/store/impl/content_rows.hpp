// The SQL of what is kept in files: which scan names which content, and what retention takes away. Each function runs within the
// caller's transaction.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "db/blob_store.hpp"
#include "db/database.hpp"
#include "store/contents.hpp"
#include "store/retention.hpp"

namespace gannet::store::impl {

/// The table whose rows name the contents of a class.
std::string_view table_of(ContentClass content_class);

/// Hashes that start with `prefix` and that some scan names.
Result<std::set<std::string>> contents_in_use(db::Tx& tx, ContentClass content_class, const std::string& prefix);

/// What a scan names, each hash once.
Result<std::vector<std::string>> contents_of(db::Tx& tx, ContentClass content_class, ScanId id);

Result<void> insert_screenshot(db::Tx& tx, ScanId id, const db::BlobStore::Stored& stored);

/// Numbers it after the scan's others.
Result<void> insert_judgement(db::Tx& tx, ScanId id, Instant judged_at, const db::BlobStore::Stored& stored);

/// Hashes of a scan's judgements, oldest first.
Result<std::vector<std::string>> list_judgements(db::Tx& tx, ScanId id);

/// Ended scans that began before `before`, without the first, the last and the last successful one of each host. Oldest first.
Result<std::vector<ScanId>> list_outdated_scans(db::Tx& tx, Instant before);

/// Scans that began before `before` and have pictures.
Result<std::vector<ScanId>> list_scans_with_outdated_screenshots(db::Tx& tx, Instant before);

Result<void> delete_screenshots(db::Tx& tx, ScanId id);

/// Contents that only these scans name.
Result<StoredSize> measure_contents_of_only(db::Tx& tx, ContentClass content_class, const std::set<ScanId>& scans);

}  // namespace gannet::store::impl
