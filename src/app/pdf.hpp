// A report as PDF: Gannet's own HTML report printed by Gannet's own browser. It lies in app because only app may know both
// reports and browsers. Nothing is fetched: the text is given to an empty page whose network is off, in a browser context whose
// proxy is a closed port, and the report's Content-Security-Policy forbids scripts and loading.
#pragma once

#include <string>

#include "aio/aio.hpp"
#include "browser/browser.hpp"
#include "browser_host/host_client.hpp"

namespace gannet::app {

struct PdfText {
  /// A document of report::scan_html.
  std::string html;
  /// Stands at the head of each page; plain text.
  std::string title;
};

/// A4, with the title and page numbers on each page. Errors: `exhausted` for a PDF over 256 MiB, those of the browser, the
/// scope's.
aio::Task<Result<std::string>> print_pdf(aio::Scope scope, browser::Browser& browser, PdfText text);

/// The same for a caller without a browser: starts one and ends it. Blocks; at most two minutes.
Result<std::string> print_pdf_blocking(browser_host::HostProcess host, const browser::BrowserOptions& options, PdfText text);

}  // namespace gannet::app
