#include <cstdio>

#include "app/commands.hpp"
#include "app/installation_database.hpp"
#include "app/open_store.hpp"
#include "app/output.hpp"
#include "base/units.hpp"
#include "store/backup.hpp"

namespace gannet::app {

namespace {

std::string words(std::uint64_t count, std::string_view thing) {
  return fmt::format("{} {}{}", count, thing, count == 1 ? "" : "s");
}

std::string words(const store::StoredSize& size, std::string_view thing) {
  return fmt::format("{} ({})", words(size.files, thing), format_bytes(Bytes{size.bytes}));
}

Result<void> prune(const PruneArguments& arguments) {
  auto store = TRY(OpenStore::open(arguments.common));
  const auto pruned = TRY((*store)->prune_blocking(arguments.retention, arguments.mode));
  const auto freed = pruned.visits.bytes + pruned.screenshots.bytes + pruned.judgements.bytes;
  const bool is_real = arguments.mode == store::PruneMode::apply;
  auto output = TRY(Output::open({}));
  output.add(fmt::format("{} {}; {} {}: {}, {}, {}.\n", is_real ? "Removed" : "Would remove", words(pruned.scans, "scan"),
                         is_real ? "freed" : "would free", format_bytes(Bytes{freed}), words(pruned.visits, "visit"),
                         words(pruned.screenshots, "screenshot"), words(pruned.judgements, "judgement")));
  return output.finish();
}

std::string contents_of(const store::BackupSummary& summary) {
  return fmt::format("{}, {}, {}, {} and {} ({})", words(std::uint64_t(summary.scans), "scan"),
                     words(std::uint64_t(summary.visits), "visit"), words(std::uint64_t(summary.screenshots), "screenshot"),
                     words(std::uint64_t(summary.judgements), "judgement"), summary.has_digest_key ? "the key" : "no key",
                     format_bytes(Bytes{summary.size_bytes}));
}

Result<void> back_up(const BackupArguments& arguments) {
  const auto summary =
      TRY(store::write_backup_blocking(arguments.common.data_dir, arguments.file, SystemClock(), all_migrations()));
  auto output = TRY(Output::open({}));
  output.add(fmt::format("Backed up {} to {}.\n", contents_of(summary), arguments.file.string()));
  if (summary.has_digest_key) output.add("It holds the installation's secret key: keep it as secret as the data folder.\n");
  return output.finish();
}

Result<void> restore(const RestoreArguments& arguments) {
  const auto summary =
      TRY(store::restore_backup_blocking(arguments.file, arguments.common.data_dir, SystemClock(), all_migrations()));
  auto output = TRY(Output::open({}));
  output.add(fmt::format("Restored {} of {} into {}; all of it was compared with its hashes.\n", contents_of(summary),
                         format_instant(summary.made_at), arguments.common.data_dir.string()));
  return output.finish();
}

int exit_code(const Result<void>& done) { return done ? 0 : complain(done.error()); }

}  // namespace

int run_command(const PruneArguments& arguments) { return exit_code(prune(arguments)); }
int run_command(const BackupArguments& arguments) { return exit_code(back_up(arguments)); }
int run_command(const RestoreArguments& arguments) { return exit_code(restore(arguments)); }

}  // namespace gannet::app
