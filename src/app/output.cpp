#include "app/output.hpp"

#include <cstdio>
#include <cstdlib>

#include <unistd.h>

#include "app/progress.hpp"
#include "base/file.hpp"
#include "report/exit_code.hpp"
#include "report/html.hpp"
#include "report/text.hpp"

namespace gannet::app {

Result<Output> Output::open(const std::filesystem::path& path) {
  Output output;
  if (path.empty()) return output;
  TRY(write_file_atomically(path, ""));
  output.path_ = path;
  return output;
}

bool Output::is_coloured() const { return path_.empty() && ::isatty(STDOUT_FILENO) == 1 && !std::getenv("NO_COLOR"); }

Result<void> Output::finish() {
  if (!path_.empty()) return write_file_atomically(path_, text_);
  std::fwrite(text_.data(), 1, text_.size(), stdout);
  if (std::fflush(stdout) != 0) return fail_errno(ErrorKind::unavailable, errno, "cannot write to standard output");
  return {};
}

std::string render_scan(const record::ScanRecord& scan, const inspect::Inspection& inspection, RenderOptions options) {
  if (options.format == Format::json) return report::scan_document_json(scan, inspection, options.pretty) + "\n";
  if (options.format == Format::html) return report::scan_html(scan, inspection);
  return report::scan_text(scan, inspection, {.colour = options.is_coloured, .width = terminal_width(STDOUT_FILENO)});
}

int complain(const Error& error) {
  fmt::print(stderr, "gannet: {}\n", error.describe());
  return int(error.kind() == ErrorKind::invalid ? report::ExitCode::usage : report::ExitCode::failed);
}

}  // namespace gannet::app
