// report_examples FOLDER: writes every example in every format, for the schema test and for the eye.
#include <filesystem>

#include "base/file.hpp"
#include "report/document.hpp"
#include "report/html.hpp"
#include "report/testdata/examples.hpp"
#include "report/text.hpp"

int main(int argc, char** argv) {
  using namespace gannet;
  if (argc != 2) {
    fmt::print(stderr, "usage: report_examples FOLDER\n");
    return 2;
  }
  const std::filesystem::path folder = argv[1];
  std::filesystem::create_directories(folder);
  for (const report::Example& example : report::make_examples()) {
    const auto write = [&](const std::string& suffix, const std::string& content) {
      const Result<void> written = write_file_atomically(folder / (example.name + suffix), content);
      if (written) return;
      fmt::print(stderr, "{}\n", written.error().describe());
      std::_Exit(1);
    };
    write(".json", report::scan_document_json(example.scan, example.inspection, report::Pretty::yes));
    write(".txt", report::scan_text(example.scan, example.inspection, {.colour = true, .width = 100}));
    write(".html", report::scan_html(example.scan, example.inspection));
    write(".narrow.txt", report::scan_text(example.scan, example.inspection, {.colour = false, .width = 60}));
  }
}
