// Which parts of a scan are sealed, under which names, and where they are kept. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "db/blob_store.hpp"
#include "evidence/seal.hpp"
#include "store/contents.hpp"
#include "store/impl/scan_rows.hpp"

namespace gannet::store::impl {

/// The one part that is not a content: the record without its visits.
inline constexpr std::string_view k_record_part = "record.json";

/// What a scan left, as it goes into the store.
struct WrittenScan {
  const EndedScan& row;
  const std::vector<VisitRow>& visits;
  const std::vector<db::BlobStore::Stored>& screenshots;
  const std::optional<db::BlobStore::Stored>& judgement;
};

evidence::SealRequest seal_request(const WrittenScan& written, Instant sealed_at);

/// Of the contents by the name of a part; nothing for the record and for names that seal_request() does not give.
std::optional<ContentClass> class_of_part(std::string_view name);

}  // namespace gannet::store::impl
