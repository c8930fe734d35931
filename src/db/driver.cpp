#include "db/driver.hpp"

#include "base/text.hpp"
#include "db/impl/commit_unknown.hpp"

namespace gannet::db {
namespace {

constexpr int k_commit_unknown = 1;

class Category final : public std::error_category {
 public:
  const char* name() const noexcept override { return "database"; }
  std::string message(int) const override { return "whether the commit took effect is not known"; }
};

const Category& category() {
  static const Category instance;
  return instance;
}

}  // namespace

BatchSql::Columns BatchSql::columns() const {
  Columns columns;
  for (const auto part : split(given, ',')) {
    const auto column = trim(part);
    const auto space = column.find(' ');
    columns.names.push_back(column.substr(0, space));
    columns.types.push_back(column.substr(space + 1));
  }
  return columns;
}

bool is_commit_unknown(const Error& error) { return error.code() == std::error_code(k_commit_unknown, category()); }

Error impl::make_commit_unknown(std::string message) {
  return {ErrorKind::unavailable, std::move(message), std::error_code(k_commit_unknown, category())};
}

}  // namespace gannet::db
