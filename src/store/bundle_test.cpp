// Evidence that leaves the data folder: sealed when a scan ends, exported, and checked without the store.
#include "store/bundle.hpp"

#include <algorithm>

#include "base/file.hpp"
#include "store/impl/archive.hpp"
#include "store/store_fixture_for_test.hpp"

namespace gannet::store {
namespace {

struct BundleTest : StoreFixture {
  BundleTest() {
    store.reset();
    store = open(&signer);
    id = save_all();
    evidence = store->load_evidence_blocking(id).value();
  }
  /// The check of a bundle that is made of these.
  Result<BundleCheck> check(const SealedEvidence& changed) {
    const auto file = folder / ("bundle" + random.token(6));
    EXPECT_TRUE(write_bundle_blocking(changed, file));
    return check_bundle_blocking(file);
  }

  const evidence::Signer signer = *evidence::Signer::from_seed(std::string(evidence::k_signing_seed_bytes, 's'));
  ScanId id;
  SealedEvidence evidence;
};

TEST_P(BundleTest, every_part_of_a_scan_is_sealed_and_checks_out) {
  const auto visits = std::ranges::count_if(evidence.parts, [](const auto& part) { return part.first.starts_with("visits/"); });
  const auto pictures =
      std::ranges::count_if(evidence.parts, [](const auto& part) { return part.first.starts_with("screenshots/"); });
  EXPECT_EQ(std::size_t(visits), files_in("visits").size());
  EXPECT_EQ(std::size_t(pictures), files_in("screenshots").size());
  EXPECT_TRUE(evidence.parts.contains("record.json"));
  EXPECT_TRUE(evidence.parts.contains("judgement.json"));
  const auto checked = check(evidence);
  ASSERT_TRUE(checked) << checked.error().describe();
  EXPECT_EQ(checked->parts_intact, evidence.seal.parts.size());
  EXPECT_TRUE(checked->missing.empty());
  EXPECT_EQ(checked->seal.scan_id, id);
  EXPECT_EQ(checked->seal.public_key, signer.public_key());
}

TEST_P(BundleTest, a_changed_byte_in_any_part_shows) {
  for (const auto& [name, content] : evidence.parts) {
    auto changed = evidence;
    changed.parts[name].back() ^= 1;
    const auto checked = check(changed);
    ASSERT_FALSE(checked) << name;
    EXPECT_EQ(checked.error().describe(), fmt::format("'{}' was changed since it was sealed", name));
  }
}

TEST_P(BundleTest, a_seal_made_to_fit_a_change_is_not_signed) {
  auto changed = evidence;
  changed.parts["record.json"] = "{}";
  changed.seal.parts.front() = evidence::part_of("record.json", "{}");
  const auto checked = check(changed);
  ASSERT_FALSE(checked);
  EXPECT_NE(checked.error().describe().find("list of parts was changed"), std::string::npos);
}

TEST_P(BundleTest, what_retention_took_is_missing_and_the_rest_still_holds) {
  clock.advance(std::chrono::days(31));
  ASSERT_TRUE(store->prune_blocking({}, PruneMode::apply));
  const auto checked = check(store->load_evidence_blocking(id).value());
  ASSERT_TRUE(checked) << checked.error().describe();
  EXPECT_FALSE(checked->missing.empty());
  for (const auto& name : checked->missing) EXPECT_TRUE(name.starts_with("screenshots/")) << name;
  EXPECT_EQ(checked->parts_intact + checked->missing.size(), evidence.seal.parts.size());
}

TEST_P(BundleTest, what_was_never_sealed_does_not_belong_there) {
  const auto file = folder / "added";
  auto archive = impl::ArchiveWriter::open(file).value();
  ASSERT_TRUE(archive.add("seal.json", evidence::seal_json(evidence.seal)));
  ASSERT_TRUE(archive.add("visits/9-9.json", "{}"));
  ASSERT_TRUE(archive.finish());
  EXPECT_EQ(check_bundle_blocking(file).error().describe(),
            "the bundle holds 'visits/9-9.json', which the seal does not name, or holds it twice");
}

TEST_P(BundleTest, other_files_are_refused) {
  const auto file = folder / "text";
  ASSERT_TRUE(write_file_atomically(file, "no archive"));
  EXPECT_EQ(check_bundle_blocking(file).error().kind(), ErrorKind::invalid);
  EXPECT_EQ(check_bundle_blocking(folder / "none").error().kind(), ErrorKind::not_found);
  ASSERT_TRUE(write_bundle_blocking(evidence, folder / "whole"));
  const auto whole = read_file(folder / "whole").value();
  ASSERT_TRUE(write_file_atomically(folder / "cut", std::string_view(whole).substr(0, whole.size() / 2)));
  EXPECT_EQ(check_bundle_blocking(folder / "cut").error().kind(), ErrorKind::invalid);
}

TEST_P(BundleTest, a_scan_without_a_seal_says_so) {
  store.reset();
  store = open();
  const auto unsealed = store->load_evidence_blocking(save());
  ASSERT_FALSE(unsealed);
  EXPECT_EQ(unsealed.error().kind(), ErrorKind::not_found);
  EXPECT_NE(unsealed.error().describe().find("was not sealed"), std::string::npos);
  EXPECT_EQ(store->load_evidence_blocking(make_id()).error().kind(), ErrorKind::not_found);
}

INSTANTIATE_TEST_SUITE_P(Engines, BundleTest, testing::ValuesIn(db::k_engines_for_test), db::engine_name);

}  // namespace
}  // namespace gannet::store
