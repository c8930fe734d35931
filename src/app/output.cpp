#include "app/output.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include <sys/stat.h>
#include <unistd.h>

#include "app/progress.hpp"
#include "base/file.hpp"
#include "base/random.hpp"
#include "base/text.hpp"
#include "report/comparison.hpp"
#include "report/exit_code.hpp"
#include "report/har.hpp"
#include "report/html.hpp"
#include "report/junit.hpp"
#include "report/sarif.hpp"
#include "report/text.hpp"

namespace gannet::app {

Result<Output> Output::open(const std::filesystem::path& path) {
  Output output;
  if (path.empty()) return output;
  std::error_code error;
  // A link's target is written, not the link replaced; a device or a pipe is written to, not replaced by a file.
  const auto target = std::filesystem::is_symlink(path, error) ? std::filesystem::weakly_canonical(path, error) : path;
  struct stat status{};
  const bool exists = ::stat(target.c_str(), &status) == 0;
  if (exists && S_ISDIR(status.st_mode)) return fail(ErrorKind::invalid, "cannot write {}: it is a folder", path.string());
  output.path_ = target;
  output.is_stream_ = exists && !S_ISREG(status.st_mode);
  if (exists) output.mode_ = status.st_mode & 0777;
  if (output.is_stream_) {
    if (::access(target.c_str(), W_OK) != 0) return fail_errno(file_error_kind(errno), errno, "cannot write {}", path.string());
    return output;
  }
  // Whether the place takes a file is tried beside it, so that what stands there now stays until there is something better.
  const auto probe = target.string() + ".probe" + SystemRandom().token(12);
  auto tried = write_file_atomically(probe, "", 0600);
  ::unlink(probe.c_str());
  if (!tried) return fail_errno(tried.error().kind(), tried.error().code().value(), "cannot write {}", path.string());
  return output;
}

bool Output::is_coloured() const { return path_.empty() && ::isatty(STDOUT_FILENO) == 1 && !std::getenv("NO_COLOR"); }

Result<void> check_destination(const ReportTarget& target) {
  if (target.format == Format::pdf && target.out.empty() && ::isatty(STDOUT_FILENO) == 1)
    return fail(ErrorKind::invalid, "--format pdf makes no text for a terminal; name a file with --out");
  return {};
}

Result<void> Output::finish() {
  if (!path_.empty() && !is_stream_) return write_file_atomically(path_, text_, mode_);
  FILE* stream = path_.empty() ? stdout : std::fopen(path_.c_str(), "we");
  const auto name = path_.empty() ? std::string("standard output") : path_.string();
  if (!stream) return fail_errno(file_error_kind(errno), errno, "cannot write {}", name);
  // Both: a write that went half way is told by the first, one that was still buffered by the second.
  const bool is_written = std::fwrite(text_.data(), 1, text_.size(), stream) == text_.size() && std::fflush(stream) == 0;
  const int write_error = errno;
  if (stream != stdout) std::fclose(stream);
  if (!is_written) return fail_errno(file_error_kind(write_error), write_error, "cannot write to {}", name);
  return {};
}

std::string render_scan(const record::ScanRecord& scan, const inspect::Inspection& inspection,
                        const record::ScreenshotSet& pictures, RenderOptions options) {
  const auto* since_baseline = options.since_baseline;
  switch (options.target.format) {
    case Format::text: {
      const report::TextOptions text{.colour = options.is_coloured, .width = terminal_width(STDOUT_FILENO)};
      return report::scan_text(scan, inspection, text) +
             (since_baseline ? report::since_baseline_text(*since_baseline, text) : "");
    }
    case Format::json: return report::scan_document_json(scan, inspection, options.pretty, since_baseline) + "\n";
    case Format::html:
    case Format::pdf: return report::scan_html(scan, inspection, pictures, since_baseline);
    case Format::csv: return report::scan_csv(scan, inspection, options.target.table);
    case Format::har: return report::scan_har(scan) + "\n";
    case Format::sarif: return report::scan_sarif(scan, inspection) + "\n";
    case Format::junit: return report::scan_junit(scan, inspection, options.fail_on, options.since_baseline);
  }
  return "";
}

std::string pdf_title(const record::ScanRecord& scan) {
  const std::string when = format_instant(scan.started_at);
  return fmt::format("{} · {} {} UTC", printable(scan.url, 90), when.substr(0, 10), when.substr(11, 5));
}

int complain(const Error& error) {
  fmt::print(stderr, "gannet: {}\n", error.describe());
  return int(error.kind() == ErrorKind::invalid ? report::ExitCode::usage : report::ExitCode::failed);
}

int exit_code(const Result<void>& done) { return done ? 0 : complain(done.error()); }

Result<void> print_all(const std::string& text, const std::filesystem::path& file) {
  auto output = TRY(Output::open(file));
  output.add(text);
  return output.finish();
}

}  // namespace gannet::app
