// What the commands that show scans have in common: where the result goes, how a scan is rendered, how a command ends on an
// error.
#pragma once

#include <filesystem>
#include <string>

#include "app/arguments.hpp"
#include "change/compare.hpp"
#include "inspect/inspection.hpp"
#include "record/scan.hpp"
#include "report/document.hpp"

namespace gannet::app {

/// Standard output or the file of --out, tried when it is opened: a result that cannot be written is known at once.
class Output {
 public:
  static Result<Output> open(const std::filesystem::path& path);
  /// A terminal that wants colours (see no-color.org).
  bool is_coloured() const;
  void add(std::string text) {
    if (text_.empty())
      text_ = std::move(text);
    else
      text_ += text;
  }
  /// Writes all of it, a file in one piece.
  Result<void> finish();

 private:
  std::filesystem::path path_;
  /// A device or pipe: written to as it is.
  bool is_stream_ = false;
  unsigned mode_ = 0644;
  std::string text_;
};

/// Refuses a PDF for a terminal: it would only disturb it.
Result<void> check_destination(const ReportTarget& target);

struct RenderOptions {
  ReportTarget target;
  /// Of the JSON.
  report::Pretty pretty = report::Pretty::yes;
  /// What JUnit fails on.
  report::FailOn fail_on;
  bool is_coloured = false;
  /// Null without a baseline.
  const change::Comparison* since_baseline = nullptr;
};

/// The report in the asked format. For PDF the HTML that print_pdf() takes.
std::string render_scan(const record::ScanRecord& scan, const inspect::Inspection& inspection,
                        const record::ScreenshotSet& pictures, RenderOptions options);

/// What stands at the head of each page of a PDF: the site and when it was scanned.
std::string pdf_title(const record::ScanRecord& scan);

/// Says on standard error what is wrong, and returns the exit code that goes with it.
int complain(const Error& error);

/// Of a command that has nothing else to tell: 0, or complain().
int exit_code(const Result<void>& done);

/// The whole output of a command, to standard output or, where `file` is not empty, there.
Result<void> print_all(const std::string& text, const std::filesystem::path& file = {});

}  // namespace gannet::app
