#include "store/impl/sealing.hpp"

#include "base/version.hpp"

namespace gannet::store::impl {

namespace {
constexpr std::string_view k_judgement_part = "judgement.json";
}

evidence::SealRequest seal_request(const WrittenScan& written, Instant sealed_at) {
  evidence::SealRequest request{written.row.id, sealed_at, std::string(version()), {}};
  const auto add = [&request](std::string name, const std::string& sha256, std::uint64_t size_bytes) {
    request.parts.push_back({std::move(name), sha256, size_bytes});
  };
  request.parts.push_back(evidence::part_of(std::string(k_record_part), written.row.record));
  for (const auto& visit : written.visits)
    add(fmt::format("visits/{}-{}.json", visit.state_index, visit.visit_index), visit.sha256, std::uint64_t(visit.size_bytes));
  if (written.judgement) add(std::string(k_judgement_part), written.judgement->sha256, written.judgement->size_bytes);
  for (const auto& screenshot : written.screenshots)
    add(fmt::format("screenshots/{}.jpg", screenshot.sha256), screenshot.sha256, screenshot.size_bytes);
  return request;
}

std::optional<ContentClass> class_of_part(std::string_view name) {
  if (name.starts_with("visits/")) return ContentClass::visits;
  if (name.starts_with("screenshots/")) return ContentClass::screenshots;
  if (name == k_judgement_part) return ContentClass::judgements;
  return std::nullopt;
}

}  // namespace gannet::store::impl
