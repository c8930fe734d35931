#include "app/judge.hpp"

#include "inspect/inspect.hpp"

namespace gannet::app {

Result<Judge> Judge::load(const std::filesystem::path& data_sets, const std::filesystem::path& rules_file) {
  Judge judge;
  judge.sets_ = TRY(datasets::Datasets::load({.path = data_sets}));
  if (!rules_file.empty()) judge.rules_ = TRY(inspect::load_rule_file(rules_file));
  return judge;
}

inspect::Inspection Judge::judge(const record::ScanRecord& scan) const { return inspect::inspect(scan, *sets_, rules_); }

}  // namespace gannet::app
