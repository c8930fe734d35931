// Hand-made scans in the shapes that the reports must do well: input of the tests and of report_examples.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "inspect/inspection.hpp"
#include "record/scan.hpp"
#include "record/screenshot.hpp"

namespace gannet::report {

struct Example {
  std::string name;
  record::ScanRecord scan;
  inspect::Inspection inspection;
};

/// clean, lawful, no_banner, leaky (every field filled), unproved, partial, failed, many (200 cookies), hostile, review.
std::vector<Example> make_examples();

/// One of them; the name must exist.
Example make_example(std::string_view name);

/// The pictures that leaky names.
record::ScreenshotSet make_pictures();

}  // namespace gannet::report
