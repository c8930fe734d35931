"""What the consent states are for: who asks, whether the answer is obeyed, and how that was proved."""

import pytest
from harness.compare import report_differences
from harness.gannet import EXIT_FINDINGS, EXIT_FINE
from sites import load_sites

MANAGERS = [pytest.param(site, id=site.name) for site in load_sites().values() if site.platform]
TRACKING = {"cookie-before-consent", "storage-before-consent", "tracker-before-consent", "cookie-after-reject", "storage-after-reject",
            "tracker-after-reject"}


def _kinds(run) -> set[str]:
    return {finding["kind"] for finding in run.get_document()["findings"]}


@pytest.fixture
def rules(tmp_path):
    """A rule file that knows the fictitious networks, as no public list can."""
    path = tmp_path / "rules.json"
    path.write_text('{"rules": [{"prefix": "adnet", "category": "advertising"}, {"prefix": "_adnet", "category": "advertising"},'
                    ' {"prefix": "metrics_", "category": "analytics"}]}')
    return ("--rules", str(path))


@pytest.mark.parametrize("site", MANAGERS)
def test_consent_manager_is_named(site, gannet):
    consent = gannet.scan_site(site, states=("accepted",)).state("accepted")["consent"]
    assert site.platform in consent["platform"].lower()
    assert consent["proofs"]


def test_honest_shop_has_no_tracking_findings(gannet, sites, rules):
    run = gannet.scan_site(sites["honest"], arguments=(*rules, "--fail-on", "high"))
    assert not _kinds(run) & TRACKING
    assert run.exit_code == EXIT_FINE


def test_trackers_before_consent_are_found_out(gannet, sites, rules):
    run = gannet.scan_site(sites["leaky"], arguments=(*rules, "--fail-on", "high"))
    early = {finding["subject"].split()[1] for finding in run.findings("cookie-before-consent")}
    assert {"adnet_id", "_adnet", "_adnet_cs", "metrics_uid", "metrics_js"} <= early
    assert run.findings("storage-before-consent")
    assert run.exit_code == EXIT_FINDINGS
    proof = next(f for f in run.findings("cookie-before-consent") if " _adnet " in f"{f['subject']} ")["evidence"][0]
    assert (proof["state"], proof["phase"]) == ("untouched", "S0")
    assert "tag.js" in proof["text"]


def test_reject_button_that_loads_trackers_is_found_out(gannet, sites, rules):
    run = gannet.scan_site(sites["liar"], arguments=(*rules, "--fail-on", "high"))
    late = {finding["subject"].split()[1] for finding in run.findings("cookie-after-reject")}
    assert {"adnet_id", "_adnet", "metrics_uid"} <= late
    assert not run.findings("cookie-before-consent")
    assert run.exit_code == EXIT_FINDINGS


def test_missing_reject_is_a_finding(gannet, sites):
    run = gannet.scan_site(sites["noreject"], states=("rejected",))
    assert len(run.findings("reject-missing")) == 1


def test_buried_reject_is_a_finding_with_its_clicks(gannet, sites):
    run = gannet.scan_site(sites["buried"], states=("rejected",))
    assert len(run.findings("reject-buried")) == 1
    assert run.state("rejected")["consent"]["clicks"] == 2
    assert "Accept all" in run.state("rejected")["consent"]["first_layer_buttons"]


def test_site_selectors_decide_before_anything_else(gannet, sites):
    run = gannet.scan_site(sites["riddle"], states=("accepted",))
    assert run.state("accepted")["consent"]["method"] == "selector"
    assert run.state("accepted")["consent"]["button_text"] == "Left"


def test_tcf_strings_are_decoded_with_purposes_and_vendors(gannet, sites):
    run = gannet.scan_site(sites["tcf"], states=("rejected", "accepted"))
    for state, purposes, vendors in (("rejected", [], []), ("accepted", list(range(1, 12)), [1, 2, 3, 4, 5, 6])):
        strings = [s["tcf"] for s in run.state(state)["consent_strings"] if s["tcf"]]
        assert strings, f"no string in state {state}: {run.state(state)['consent_strings']}"
        for tcf in strings:
            assert tcf["purpose_consents"] == purposes
            assert tcf["vendor_consents"] == vendors
            assert tcf["cmp_id"] == 31


def test_google_consent_mode_commands_and_hits_are_kept(gannet, sites):
    google = gannet.scan_site(sites["google"], states=("untouched",)).state("untouched")["google_consent"]
    commands = [(c["command"], c["types"], c["regions"]) for c in google["commands"]]
    assert commands == [("default", {"ad_storage": "denied", "analytics_storage": "denied"}, ["DE", "FR"]),
                        ("update", {"analytics_storage": "granted"}, [])]
    assert [(h["ad_storage"], h["analytics_storage"]) for h in google["hits"]] == [(False, True)]


def test_google_analytics_is_known_by_name_owner_and_purpose(gannet, sites):
    run = gannet.scan_site(sites["google"], states=("untouched",))
    (party,) = run.state("untouched")["third_parties"]
    assert (party["domain"], party["tracker"], party["owner"], party["owner_country"]) == ("google-analytics.com", True, "Google", "US")
    cookie = next(c for c in run.state("untouched")["cookies"] if c["name"] == "_ga")
    assert cookie["category"] == "analytics" and cookie["owner"].startswith("Google")
    assert {"cookie-before-consent", "tracker-before-consent"} <= _kinds(run)


def test_a_state_scanned_alone_reports_the_same(gannet, sites):
    site = sites["honest"]
    for state, truth in site.truth.items():
        run = gannet.scan_site(site, states=(state,))
        assert list(run.get_document()["states"]) == [state]
        assert report_differences(run.state(state), truth, gannet.visitor_log) == []


def test_third_party_cookies_can_be_blocked(gannet, sites):
    run = gannet.scan_site(sites["leaky"], states=("untouched",), arguments=("--third-party-cookies", "block"))
    state = run.state("untouched")
    assert run.get_document()["how"]["third_party_cookies"] == "block"
    assert {c["name"] for c in state["cookies"] if c["party"] == "third"} == set()
    assert {"adnet_id", "metrics_uid"} <= {b["name"] for b in state["blocked_cookies"]}
    assert not [e for e in gannet.server.log.exchanges() if e.host.endswith(".example") and e.cookies]


def test_visit_looks_like_the_browser_it_is(gannet, sites):
    how = gannet.scan_site(sites["plain"], states=("untouched",)).get_document()["how"]
    sent = gannet.server.log.exchanges(host="plain.test")[0].headers
    assert sent["user-agent"] == how["user_agent"]
    assert "Headless" not in sent["user-agent"] + sent.get("sec-ch-ua", "")
    assert how["third_party_cookies"] == "allow"
    assert how["browser"] and how["gannet_version"] and how["datasets"]
