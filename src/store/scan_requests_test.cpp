#include "store/scan_requests.hpp"

#include "store/store_fixture_for_test.hpp"

namespace gannet::store {
namespace {

struct ScanRequests : StoreFixture {
  const OrganisationId organisation = OrganisationId::make(clock, random);
  std::unique_ptr<db::Database> database = data.open();

  ScanRequest request(const std::string& domain = "shop.test") {
    return {.id = make_id(),
            .organisation = organisation,
            .site = SiteId::make(clock, random),
            .domain = domain,
            .start_url = "https://" + domain + "/",
            .params = R"({"custom_pages":["/"]})",
            .profile = {},
            .schedule = {},
            .requested_by = "jane@shop.test"};
  }
  template <class Work>
  auto write(Work work) {
    return database->write_blocking(std::move(work));
  }
  ScanRequest create(const ScanRequest& request) {
    write([&](db::Tx& tx) { return create_scan_request(tx, request); }).value();
    return request;
  }
  RequestedScan find(ScanId id) {
    return write([&](db::Tx& tx) { return find_scan_request(tx, organisation, id); }).value().value();
  }
  std::vector<std::string> domains(const ScanRequestFilter& filter, PageOf page = {}) {
    std::vector<std::string> found;
    for (const auto& scan : write([&](db::Tx& tx) { return list_scan_requests(tx, organisation, filter, page); }).value())
      found.push_back(scan.request.domain);
    return found;
  }
};

TEST_P(ScanRequests, a_scan_is_pending_until_an_attempt_begins_and_keeps_the_time_of_the_first) {
  const auto asked = create(request());
  EXPECT_EQ(find(asked.id).status, "pending");
  clock.advance(Duration(1000));
  const auto first = clock.now();
  write([&](db::Tx& tx) { return start_scan_request(tx, asked.id); }).value();
  clock.advance(Duration(1000));
  write([&](db::Tx& tx) { return start_scan_request(tx, asked.id); }).value();
  const auto running = find(asked.id);
  EXPECT_EQ(running.status, "running");
  EXPECT_EQ(running.started_at, first);
  EXPECT_EQ(running.ended_at, std::nullopt);
}

TEST_P(ScanRequests, an_end_is_final) {
  const auto asked = create(request());
  write([&](db::Tx& tx) { return end_scan_request(tx, asked.id, record::ScanStatus::partial, "one page was blocked"); }).value();
  const auto ended = find(asked.id);
  EXPECT_EQ(ended.status, "partial");
  EXPECT_EQ(ended.reason, "one page was blocked");
  EXPECT_EQ(ended.ended_at, clock.now());
  for (const auto& late : {write([&](db::Tx& tx) { return end_scan_request(tx, asked.id, record::ScanStatus::success, ""); }),
                           write([&](db::Tx& tx) { return start_scan_request(tx, asked.id); })}) {
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().kind(), ErrorKind::conflict);
  }
}

TEST_P(ScanRequests, what_was_kept_is_counted_once_the_scan_has_ended) {
  const auto asked = create(request());
  EXPECT_EQ(find(asked.id).page_count, std::nullopt);
  auto scan = make_record(asked.id, clock.now(), {.pages = 2});
  EXPECT_TRUE(store->save_scan_blocking(scan, {}, [&](db::Tx& tx) { return end_scan_request(tx, asked.id, scan.status, ""); }));
  EXPECT_EQ(find(asked.id).page_count, 4) << "two pages in two states";
}

TEST_P(ScanRequests, a_result_that_is_not_accepted_is_not_kept) {
  const auto asked = create(request());
  const auto refused = store->save_scan_blocking(make_record(asked.id, clock.now()), {},
                                                 [](db::Tx&) -> Result<void> { return fail(ErrorKind::conflict, "fenced"); });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::conflict);
  EXPECT_TRUE(store->list_scans_blocking({}).value().empty());
  EXPECT_TRUE(files_in("visits").empty());
}

TEST_P(ScanRequests, an_organisation_sees_its_own_only) {
  const auto asked = create(request());
  const auto other = OrganisationId::make(clock, random);
  EXPECT_EQ(write([&](db::Tx& tx) { return find_scan_request(tx, other, asked.id); }).value(), std::nullopt);
  EXPECT_EQ(write([&](db::Tx& tx) { return count_scan_requests(tx, other, {}); }), 0);
  EXPECT_EQ(write([&](db::Tx& tx) { return delete_scan_request(tx, other, asked.id); }).error().kind(), ErrorKind::not_found);
}

TEST_P(ScanRequests, the_list_is_newest_first_and_filters_by_what_is_given) {
  create(request("a.test"));
  clock.advance(Duration(1000));
  const auto second = create(request("b_.test"));
  clock.advance(Duration(1000));
  create(request("bx.test"));
  write([&](db::Tx& tx) { return start_scan_request(tx, second.id); }).value();
  EXPECT_EQ(domains({}), (std::vector<std::string>{"bx.test", "b_.test", "a.test"}));
  EXPECT_EQ(domains({.domain = "b_"}), std::vector<std::string>{"b_.test"}) << "an underscore is no wildcard";
  EXPECT_EQ(domains({.domain = "test", .is_whole_domain = true}), std::vector<std::string>{});
  EXPECT_EQ(domains({.domain = "a.test", .is_whole_domain = true}), std::vector<std::string>{"a.test"});
  EXPECT_EQ(domains({.status = "running"}), std::vector<std::string>{"b_.test"});
  EXPECT_EQ(domains({.site = second.site}), std::vector<std::string>{"b_.test"});
  EXPECT_EQ(domains({}, {.limit = 1, .offset = 1}), std::vector<std::string>{"b_.test"});
  EXPECT_EQ(write([&](db::Tx& tx) { return count_scan_requests(tx, organisation, {.domain = ".test"}); }), 3);
}

TEST_P(ScanRequests, only_what_has_ended_can_be_deleted) {
  const auto asked = create(request());
  EXPECT_EQ(write([&](db::Tx& tx) { return delete_scan_request(tx, organisation, asked.id); }).error().kind(),
            ErrorKind::conflict);
  write([&](db::Tx& tx) { return end_scan_request(tx, asked.id, record::ScanStatus::cancelled, ""); }).value();
  EXPECT_TRUE(write([&](db::Tx& tx) { return delete_scan_request(tx, organisation, asked.id); }));
  EXPECT_EQ(domains({}), std::vector<std::string>{});
}

TEST_P(ScanRequests, pruning_takes_those_of_which_nothing_is_kept) {
  const auto empty = create(request("empty.test"));
  const auto kept = create(request("kept.test"));
  create(request("waiting.test"));
  write([&](db::Tx& tx) { return end_scan_request(tx, empty.id, record::ScanStatus::failed, ""); }).value();
  store
      ->save_scan_blocking(make_record(kept.id, clock.now()), {},
                           [&](db::Tx& tx) { return end_scan_request(tx, kept.id, record::ScanStatus::success, ""); })
      .value();
  EXPECT_EQ(write([&](db::Tx& tx) { return prune_scan_requests(tx, clock.now()); }), 0) << "not before their time";
  clock.advance(Duration(1000));
  EXPECT_EQ(write([&](db::Tx& tx) { return prune_scan_requests(tx, clock.now()); }), 1);
  EXPECT_EQ(domains({}), (std::vector<std::string>{"waiting.test", "kept.test"}));
}

INSTANTIATE_TEST_SUITE_P(Engines, ScanRequests, testing::ValuesIn(db::k_engines_for_test), db::engine_name);

}  // namespace
}  // namespace gannet::store
