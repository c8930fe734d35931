#include "datasets/category.hpp"

#include "base/text.hpp"

namespace gannet::datasets {

std::string_view to_string(Category category) {
  switch (category) {
    case Category::necessary: return "necessary";
    case Category::functional: return "functional";
    case Category::analytics: return "analytics";
    case Category::advertising: return "advertising";
    case Category::unknown: return "unknown";
  }
  return "";
}

std::optional<Category> parse_category(std::string_view word) {
  for (const Category category :
       {Category::necessary, Category::functional, Category::analytics, Category::advertising, Category::unknown}) {
    if (equals_ignoring_case(word, to_string(category))) return category;
  }
  return std::nullopt;
}

}  // namespace gannet::datasets
