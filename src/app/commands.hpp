// The commands of the command line. Each returns the process's exit code and prints its own errors.
#pragma once

#include "app/arguments.hpp"

namespace gannet::app {

/// Visits the URLs one after the other, prints a report of each and keeps it in the data folder. The exit code is the worst one.
int run_command(const ScanArguments& arguments);

/// Lists the scans that are kept, newest first.
int run_command(const ScansArguments& arguments);

/// Judges a kept scan by the data sets and rules of today and prints the report of it.
int run_command(const ShowArguments& arguments);

/// Prints what is different between two scans. The exit code tells it where that is asked for.
int run_command(const DiffArguments& arguments);

/// Removes kept scans; none where one of them is not known.
int run_command(const DeleteArguments& arguments);

/// Lists each data set and the browser: version, date, entries, licence, age.
int run_command(const DataArguments& arguments);

}  // namespace gannet::app
