// The commands of the command line. Each returns the process's exit code and prints its own errors.
#pragma once

#include "app/arguments.hpp"

namespace gannet::app {

/// Visits the URLs one after the other and prints a report of each. The exit code is the worst one.
int run_scan_command(const ScanArguments& arguments);

/// Lists each data set and the browser: version, date, entries, licence, age.
int run_data_command(const DataArguments& arguments);

}  // namespace gannet::app
