// report_examples FOLDER: writes every example in every format, for the schema test and for the eye.
#include <filesystem>

#include "base/file.hpp"
#include "report/comparison.hpp"
#include "report/document.hpp"
#include "report/html.hpp"
#include "report/testdata/examples.hpp"
#include "report/text.hpp"

namespace {

using namespace gannet;

void write(const std::filesystem::path& path, const std::string& content) {
  const Result<void> written = write_file_atomically(path, content);
  if (written) return;
  fmt::print(stderr, "{}\n", written.error().describe());
  std::exit(1);
}

change::Snapshot snapshot_of(std::string_view name) {
  const report::Example example = report::make_example(name);
  return change::parse_snapshot(report::scan_document_json(example.scan, example.inspection, report::Pretty::no)).value();
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
    write(folder / (example.name + ".json"), report::scan_document_json(example.scan, example.inspection, report::Pretty::yes));
    write(folder / (example.name + ".txt"), report::scan_text(example.scan, example.inspection, {.colour = true, .width = 100}));
    write(folder / (example.name + ".html"), report::scan_html(example.scan, example.inspection));
    write(folder / (example.name + ".narrow.txt"),
          report::scan_text(example.scan, example.inspection, {.colour = false, .width = 60}));
  }
  struct Pair {
    std::string name, before, after;
  };
  std::filesystem::create_directories(folder / "comparisons");
  for (const auto& [name, before, after] :
       {Pair{"worse", "lawful", "leaky"}, Pair{"better", "leaky", "lawful"}, Pair{"unseen", "leaky", "failed"},
        Pair{"same", "leaky", "leaky"}, Pair{"hostile", "clean", "hostile"}, Pair{"many", "many", "clean"}}) {
    const auto comparison = change::compare(snapshot_of(before), snapshot_of(after), {.allows_other_host = true}).value();
    write(folder / "comparisons" / (name + ".json"), report::comparison_json(comparison, report::Pretty::yes));
    write(folder / "comparisons" / (name + ".txt"), report::comparison_text(comparison, {.colour = true, .width = 100}));
  }
}
