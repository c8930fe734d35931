#include "app/snapshot_loader.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "base/file.hpp"
#include "base/text.hpp"
#include "report/document.hpp"

namespace gannet::app {

namespace {

/// Kept scans of one host that are looked at for the previous one.
constexpr int k_scans_max = 10'000;

Result<std::string> read_standard_input() {
  std::string text;
  char buffer[64 * 1024];
  while (const std::size_t count = std::fread(buffer, 1, sizeof buffer, stdin)) {
    text.append(buffer, count);
    if (text.size() > change::k_document_bytes_max.count)
      return fail(ErrorKind::invalid, "standard input has more than {}", format_bytes(change::k_document_bytes_max));
  }
  if (std::ferror(stdin)) return fail_errno(ErrorKind::invalid, errno, "cannot read standard input");
  return text;
}

/// A file that is named wrongly is a usage error, whatever the system calls it.
Result<std::string> read_document(const std::string& path) {
  if (path == k_standard_input) return read_standard_input();
  auto text = read_file(path, change::k_document_bytes_max);
  if (!text) return fail(ErrorKind::invalid, "{}", text.error().describe());
  return text;
}

}  // namespace

bool is_scan_id(std::string_view scan) {
  const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); };
  const auto digits = std::size_t(std::ranges::count_if(scan, is_digit));
  const auto dashes = std::size_t(std::ranges::count(scan, '-'));
  return digits >= store::Store::k_id_prefix_min && digits + dashes == scan.size();
}

Result<OpenStore*> SnapshotLoader::store() {
  if (!store_) store_ = TRY(OpenStore::open(common_));
  return store_.get();
}

Result<change::Snapshot> SnapshotLoader::load_kept(ScanId id) {
  auto& kept = *TRY(store());
  const auto scan = TRY(kept->load_scan_blocking(id));
  if (!judge_) judge_ = TRY(Judge::load(common_, rules_));
  return change::parse_snapshot(report::scan_document_json(scan, judge_->judge(scan), report::Pretty::no));
}

Result<change::Snapshot> SnapshotLoader::load(const std::string& scan) {
  if (is_scan_id(scan)) {
    auto& kept = *TRY(store());
    const auto id = TRY(kept->find_scan_blocking(scan));
    return load_kept(id);
  }
  const auto text = TRY(read_document(scan));
  auto snapshot = change::parse_snapshot(text);
  if (!snapshot) return pass(snapshot, scan == k_standard_input ? "standard input" : printable(scan, 300));
  return snapshot;
}

Result<change::Snapshot> SnapshotLoader::load_previous(const std::string& scan) {
  auto& kept = *TRY(store());
  const auto id = TRY(kept->find_scan_blocking(scan));
  const auto all = TRY(kept->list_scans_blocking({.host = "", .limit = k_scans_max}));
  const auto found = std::ranges::find(all, id, &store::ScanSummary::id);
  if (found == all.end())
    return fail(ErrorKind::not_found, "scan {} is not among the newest {}; name the scan to compare it with", id.to_string(),
                k_scans_max);
  const auto saw_something = [&](const store::ScanSummary& older) {
    return older.host == found->host && (older.status == "success" || older.status == "partial");
  };
  const auto previous = std::find_if(found + 1, all.end(), saw_something);
  if (previous == all.end())
    return fail(ErrorKind::not_found, "no scan of {} before {} is kept; name the scan to compare it with",
                printable(found->host, 200), id.to_string());
  return load_kept(previous->id);
}

}  // namespace gannet::app
