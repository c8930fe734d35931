// Store: what is kept of scans, in the data folder. Owns the tables scans and scan_* and the files in visits/, screenshots/ and
// judgements/.
//
//   scan:  begin_scan → running → save_scan → success | partial | failed | cancelled
//                              ↘ its process is gone → failed, "interrupted" (when somebody next opens the store; on PostgreSQL
//                                when its job is rescued)
//
// A scan is finished by one transaction, after its visits are durable; so a scan that is listed with a result has all of it.
// Callable from any thread; several processes may use one data folder. Keeps records as they are given: values must be redacted
// before.
#pragma once

#include <array>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>

#include "aio/aio.hpp"
#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/random.hpp"
#include "db/blob_store.hpp"
#include "db/database.hpp"
#include "evidence/signer.hpp"
#include "record/judgement.hpp"
#include "record/scan.hpp"
#include "store/bundle.hpp"
#include "store/contents.hpp"
#include "store/process_claim.hpp"
#include "store/retention.hpp"

namespace gannet::store {

/// What is known when a scan starts.
struct ScanStart {
  ScanId id;
  /// Redacted.
  std::string url;
  Instant started_at;
};

/// A row of the list.
struct ScanSummary {
  ScanId id;
  std::string url;
  /// Host name or address of the start page, in lower case.
  std::string host;
  /// As record::to_string(ScanStatus), or "running".
  std::string status;
  std::string reason;
  Instant started_at;
  /// Absent while it runs.
  std::optional<Instant> ended_at;
  std::int64_t visit_count = 0;
  /// Different cookies, over all states.
  std::int64_t cookie_count = 0;
  std::int64_t request_count = 0;
  /// Of its visits, pictures and judgements, as they are kept. Those that are equal to the byte share a file and count for each.
  std::int64_t stored_bytes = 0;
  std::string gannet_version;

  auto columns() {
    return std::tie(id, url, host, status, reason, started_at, ended_at, visit_count, cookie_count, request_count, stored_bytes,
                    gannet_version);
  }
};

struct ScanFilter {
  /// Exactly this host; empty for all.
  std::string host;
  int limit = 100;
};

/// What is kept beside a record.
struct ScanExtras {
  /// Of these, what the record names.
  record::ScreenshotSet screenshots;
  /// As the scan was judged when it was made.
  std::optional<record::Judgement> judgement;
};

class Store {
 public:
  /// All must outlive the store; the clock is asked from its threads.
  struct Parts {
    const Clock& clock;
    Random& random;
    /// Seals each scan that ends; null: none is sealed.
    const evidence::Signer* signer = nullptr;
  };

  /// The shortest part of an id that find_scan_blocking accepts: the first group of digits.
  static constexpr std::size_t k_id_prefix_min = 8;

  /// Makes what is missing in the data folder, which must exist, and brings the schema up to date; scans whose process is gone
  /// become failed, and what they left is removed. Errors: those of db::Connection and db::apply_migrations.
  static Result<std::unique_ptr<Store>> open(const std::filesystem::path& data_dir, Parts parts);
  /// The same with a database that others use as well and that has the migrations of store/migrations.hpp. Where it is
  /// PostgreSQL, nothing becomes failed: instances on other machines run scans too, and the leases of their jobs say which are
  /// gone.
  static Result<std::unique_ptr<Store>> open(const std::filesystem::path& data_dir, Parts parts,
                                             std::shared_ptr<db::Database> database);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  /// Error `conflict` where the id is taken.
  Result<void> begin_scan_blocking(const ScanStart& start);

  /// Ends a scan that this store began, or keeps one that it never saw. Errors: `conflict` where the scan has ended already or
  /// runs elsewhere; `exhausted` for a full disk; nothing of it is kept then, and a scan that was begun stays running.
  ///
  /// `also` is called last in the transaction that makes the scan known, so that what accepts the result elsewhere (its job, its
  /// execution) is done with it or not at all; its error is returned, and nothing is kept.
  using AlsoWrite = std::function<Result<void>(db::Tx& tx)>;
  Result<void> save_scan_blocking(const record::ScanRecord& scan, const ScanExtras& extras = {}, const AlsoWrite& also = nullptr);

  /// Ends a running scan, whoever began it, as failed and without a record: its job's lease has run out. Error `conflict` where
  /// it does not run.
  Result<void> fail_scan_blocking(ScanId id, const std::string& reason);

  /// A scan that ended without a record, because its process died, comes back without states. Errors: `not_found`; `conflict`
  /// while it runs; `internal` where a file is damaged or was removed.
  Result<record::ScanRecord> load_scan_blocking(ScanId id);

  /// The pictures that are still kept of a scan; none of one that is not known. Error `internal` where a file is damaged or was
  /// removed.
  Result<record::ScreenshotSet> load_screenshots_blocking(ScanId id);

  /// Oldest first: the one made with the scan, then those that were added; none of a scan that is not known. Error `internal`
  /// where a file is damaged or was removed.
  Result<std::vector<record::Judgement>> load_judgements_blocking(ScanId id);

  /// What of a scan was sealed when it ended, as far as it is still kept. Errors: `not_found` for a scan that is not known or was
  /// not sealed; `internal` where a file is damaged or was removed.
  Result<SealedEvidence> load_evidence_blocking(ScanId id);

  /// A later judgement of a scan that has ended. Errors: `not_found`; `conflict` while it runs; `exhausted` for a full disk.
  Result<void> add_judgement_blocking(ScanId id, const record::Judgement& judgement);

  /// Newest first.
  Result<std::vector<ScanSummary>> list_scans_blocking(const ScanFilter& filter);

  /// By the whole id or the start of one, in either case. Errors: `invalid` below k_id_prefix_min digits or for what is no part
  /// of an id; `not_found`; `conflict` where several start so.
  Result<ScanId> find_scan_blocking(std::string_view id_or_prefix);

  /// With all that is kept of it. Errors: `not_found`; `conflict` while it runs.
  Result<void> delete_scan_blocking(ScanId id);

  /// Removes what is older than its time, and files that no row names.
  Result<Pruned> prune_blocking(const Retention& retention, PruneMode mode);

  /// Removes files that no row names: what a process left that died while saving.
  Result<db::BlobStore::Sweep> sweep_orphans_blocking();

  /// Runs `work`, a copyable `Result<T>(Store&)` that owns all it touches, on a thread of the store's:
  /// `co_await store.run(scope, [record](Store& s) { return s.save_scan_blocking(record); })`.
  template <class Work>
  aio::Task<std::invoke_result_t<Work&, Store&>> run(aio::Scope scope, Work work) {
    using Outcome = std::invoke_result_t<Work&, Store&>;
    if (auto ready = scope.check(); !ready) co_return pass(ready);
    auto executor = co_await boost::asio::this_coro::executor;
    std::function<Outcome()> job = [this, work = std::move(work)]() mutable { return work(*this); };
    co_return co_await aio::run_blocking<typename Outcome::value_type>(threads_, executor, std::move(scope), std::move(job));
  }

 private:
  /// Of each class, in the order of k_content_classes.
  using Blobs = std::array<db::BlobStore, k_content_classes.size()>;
  using Holds = std::array<db::BlobStore::Hold, k_content_classes.size()>;
  using Hashes = std::array<std::vector<std::string>, k_content_classes.size()>;

  Store(std::filesystem::path data_dir, Parts parts, std::shared_ptr<db::Database> database, Blobs blobs);

  Result<std::string> claim();
  Result<void> fail_interrupted_scans();
  const db::BlobStore& blobs(ContentClass content_class) const { return blobs_[std::size_t(content_class)]; }
  db::BlobStore::InUse in_use(ContentClass content_class) const;
  /// All that scans name and that nobody else does is removed with them.
  Result<void> delete_scans(const std::vector<ScanId>& ids);
  Result<void> remove_unused(const Hashes& hashes) const;
  /// While they live, nobody removes a file.
  Result<Holds> hold() const;

  const std::filesystem::path claims_;
  Parts parts_;
  std::mutex mutex_;
  /// Made with the first scan that begins.
  std::optional<ProcessClaim> claim_;
  std::shared_ptr<db::Database> database_;
  Blobs blobs_;
  /// Last: its work uses all of the above.
  boost::asio::thread_pool threads_;
};

}  // namespace gannet::store
