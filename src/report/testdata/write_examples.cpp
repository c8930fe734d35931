// report_examples FOLDER: writes every example in every format, for the schema test and for the eye.
#include <filesystem>

#include "base/file.hpp"
#include "report/comparison.hpp"
#include "report/csv.hpp"
#include "report/document.hpp"
#include "report/har.hpp"
#include "report/html.hpp"
#include "report/junit.hpp"
#include "report/sarif.hpp"
#include "report/testdata/examples.hpp"
#include "report/text.hpp"

namespace {

using namespace gannet;

change::Snapshot snapshot_of(std::string_view name) {
  const report::Example example = report::make_example(name);
  return change::parse_snapshot(report::scan_document_json(example.scan, example.inspection, report::Pretty::no)).value();
}

Result<void> write_comparisons(const std::filesystem::path& folder) {
  struct Pair {
    std::string name, before, after;
  };
  std::filesystem::create_directories(folder);
  for (const auto& [name, before, after] :
       {Pair{"worse", "lawful", "leaky"}, Pair{"better", "leaky", "lawful"}, Pair{"unseen", "leaky", "failed"},
        Pair{"same", "leaky", "leaky"}, Pair{"hostile", "clean", "hostile"}, Pair{"many", "many", "clean"}}) {
    const auto comparison = TRY(change::compare(snapshot_of(before), snapshot_of(after), {.allows_other_host = true}));
    TRY(write_file_atomically(folder / (name + ".json"), report::comparison_json(comparison, report::Pretty::yes)));
    TRY(write_file_atomically(folder / (name + ".txt"), report::comparison_text(comparison, {.colour = true, .width = 100})));
  }
  return {};
}

}  // namespace

int main(int argc, char** argv) {
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
    write(".html", report::scan_html(example.scan, example.inspection, report::make_pictures()));
    write(".har", report::scan_har(example.scan));
    write(".sarif", report::scan_sarif(example.scan, example.inspection));
    write(".junit.xml", report::scan_junit(example.scan, example.inspection));
    for (const auto table : {report::CsvTable::cookies, report::CsvTable::storage, report::CsvTable::third_parties,
                             report::CsvTable::findings, report::CsvTable::requests})
      write(fmt::format(".{}.csv", to_string(table)), report::scan_csv(example.scan, example.inspection, table));
    write(".narrow.txt", report::scan_text(example.scan, example.inspection, {.colour = false, .width = 60}));
  }
  if (const auto written = write_comparisons(folder / "comparisons"); !written) {
    fmt::print(stderr, "{}\n", written.error().describe());
    return 1;
  }
}
