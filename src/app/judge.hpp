// Judge: the data sets and the user's rules that records are judged by, loaded once for a command.
#pragma once

#include <filesystem>
#include <memory>

#include "app/arguments.hpp"
#include "datasets/datasets.hpp"
#include "inspect/inspection.hpp"
#include "inspect/site_rules.hpp"
#include "record/judgement.hpp"

namespace gannet::app {

class Judge {
 public:
  /// The rules of the data folder, and above them those of `rules_file`, which may be empty. Errors name the file and what is
  /// wrong with it.
  static Result<Judge> load(const CommonArguments& common, const std::filesystem::path& rules_file);

  inspect::Inspection judge(const record::ScanRecord& scan) const;
  const datasets::Datasets& sets() const { return *sets_; }
  const inspect::SiteRules& rules() const { return rules_; }
  /// What is kept of an inspection that this judge made: with the user's rules among the data sets.
  record::Judgement judgement_of(const inspect::Inspection& inspection, Instant judged_at) const;

 private:
  std::shared_ptr<const datasets::Datasets> sets_;
  inspect::SiteRules rules_;
  std::filesystem::path rules_file_;
};

}  // namespace gannet::app
