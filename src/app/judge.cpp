#include "app/judge.hpp"

#include "app/local_rules.hpp"
#include "inspect/inspect.hpp"

namespace gannet::app {

Result<Judge> Judge::load(const CommonArguments& common, const std::filesystem::path& rules_file) {
  Judge judge;
  judge.sets_ = TRY(datasets::Datasets::load({.path = common.data_sets}));
  judge.rules_ = TRY(load_local_rules(common.data_dir));
  if (!rules_file.empty()) judge.rules_ = inspect::layered(TRY(inspect::load_rule_file(rules_file)), judge.rules_);
  return judge;
}

inspect::Inspection Judge::judge(const record::ScanRecord& scan) const { return inspect::inspect(scan, *sets_, rules_); }

}  // namespace gannet::app
