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

/// Prints what is different between two scans. The exit code tells it where that is asked for.
int run_command(const DiffArguments& arguments);

/// Removes kept scans; none where one of them is not known.
int run_command(const DeleteArguments& arguments);

/// Says which category a cookie has and what each source says of it.
int run_command(const CookiesTestArguments& arguments);

/// Makes a rule and a case in the data folder of a user's decision, or takes them away.
int run_command(const CookiesSetArguments& arguments);
int run_command(const CookiesUnsetArguments& arguments);

/// Lists the rules and cases of the data folder.
int run_command(const CookiesRulesArguments& arguments);

/// Holds every case against today's rules and data sets: 1 where one no longer gives what was decided.
int run_command(const CookiesCheckArguments& arguments);

/// Lists the cookies of the kept scans that nobody could sort, with what settles each.
int run_command(const CookiesReviewArguments& arguments);

/// Writes a cookie policy from a kept scan, or compares the site's own declaration with it.
int run_command(const PolicyArguments& arguments);

/// Judges kept scans by the data sets and rules of today, keeps the judgements that differ, and prints what changed.
int run_command(const ReinspectArguments& arguments);

/// Removes what is older than its time, and says how much.
int run_command(const PruneArguments& arguments);

/// Writes a kept scan with its seal to one file.
int run_command(const ExportArguments& arguments);

/// Checks such a file: 0 genuine, 1 not, 4 genuine without all of its parts.
int run_command(const VerifyArguments& arguments);

/// Writes all that is kept to one file.
int run_command(const BackupArguments& arguments);

/// Brings a backup back into a data folder without scans.
int run_command(const RestoreArguments& arguments);

/// Lists each data set and the browser, with version, date, entries, licence and age, and how much is kept.
int run_command(const DataArguments& arguments);

/// Runs the service until it is asked to end.
int run_command(const ServeArguments& arguments);

/// Brings the schema up to date, or says how it is.
int run_command(const MigrateArguments& arguments);
int run_command(const DatabaseCopyArguments& arguments);

/// Prints an access token on standard output and nothing else.
int run_command(const TokenArguments& arguments);
int run_command(const LocksArguments& arguments);
int run_command(const SyncArguments& arguments);
int run_command(const ConfigArguments& arguments);

/// Tries a running service: 0 where each tier that is built works.
int run_command(const SelftestArguments& arguments);
int run_command(const SchedulesArguments& arguments);
int run_command(const HistoryArguments& arguments);

/// 0 where all is in order, 1 where something is not.
int run_command(const DoctorArguments& arguments);

}  // namespace gannet::app
