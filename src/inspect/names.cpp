// The stored names of the inspection's enumerations.
#include "inspect/inspection.hpp"

namespace gannet::inspect {

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

std::string_view to_string(Party party) {
  switch (party) {
    case Party::first: return "first";
    case Party::third: return "third";
  }
  return "";
}

}  // namespace gannet::inspect
