// Category: the purposes that a cookie, a storage entry or a host may serve. One spelling everywhere: enumerator, rule files,
// reports.
#pragma once

#include <optional>
#include <string_view>

namespace gannet::datasets {

/// Purpose of a cookie, storage entry or third party. `unknown` stays unknown and goes to the review list.
enum class Category { necessary, functional, analytics, advertising, unknown };

std::string_view to_string(Category category);

/// Reads what to_string writes, in any case. nullopt for any other word.
std::optional<Category> parse_category(std::string_view word);

}  // namespace gannet::datasets
