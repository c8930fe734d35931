#include "app/judge.hpp"

#include "app/local_rules.hpp"
#include "inspect/inspect.hpp"
#include "inspect/judgement.hpp"

namespace gannet::app {

Result<Judge> Judge::load(const CommonArguments& common, const std::filesystem::path& rules_file) {
  Judge judge;
  judge.sets_ = TRY(datasets::Datasets::load({.path = common.data_sets}));
  judge.rules_ = TRY(load_local_rules(common.data_dir));
  if (!rules_file.empty()) judge.rules_ = inspect::layered(TRY(inspect::load_rule_file(rules_file)), judge.rules_);
  judge.rules_file_ = rules_file;
  return judge;
}

inspect::Inspection Judge::judge(const record::ScanRecord& scan) const { return inspect::inspect(scan, *sets_, rules_); }

record::Judgement Judge::judgement_of(const inspect::Inspection& inspection, Instant judged_at) const {
  auto judgement = inspect::make_judgement(inspection, judged_at);
  if (!rules_file_.empty())
    judgement.datasets.push_back({.name = "rule file", .version = rules_file_.filename().string(), .hash = ""});
  return judgement;
}

}  // namespace gannet::app
