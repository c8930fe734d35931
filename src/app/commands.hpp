// The commands of the command line. Each returns the process's exit code and prints its own errors.
#pragma once

#include "app/arguments.hpp"

namespace gannet::app {

/// Visits the URLs one after the other, prints a report of each and keeps it in the data folder. The exit code is the worst one.
int run_command(const ScanArguments& arguments);

/// Lists the scans that are kept, newest first.
int run_command(const ScansArguments& arguments);

/// Judges a kept scan by the data sets and rules of today and reports it. Starts a browser for a PDF only.
int run_command(const ReportArguments& arguments);

/// Removes kept scans; none where one of them is not known.
int run_command(const DeleteArguments& arguments);

/// Judges kept scans by the data sets and rules of today, keeps the judgements that differ, and prints what changed.
int run_command(const ReinspectArguments& arguments);

/// Removes what is older than its time, and says how much.
int run_command(const PruneArguments& arguments);

/// Writes all that is kept to one file.
int run_command(const BackupArguments& arguments);

/// Brings a backup back into a data folder without scans.
int run_command(const RestoreArguments& arguments);

/// Lists each data set and the browser, with version, date, entries, licence and age, and how much is kept.
int run_command(const DataArguments& arguments);

}  // namespace gannet::app
