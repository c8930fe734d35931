"""Pages: several of them, failing ones, and ones that get in a visit's way."""

from urllib.parse import urlsplit

import pytest
from harness import kept
from harness.gannet import EXIT_FINE

OBSTACLES = ("popup", "dialog", "download")


def _pages(run, state: str = "untouched") -> dict[str, dict]:
    """A state's pages by path."""
    return {urlsplit(page["url"]).path: page for page in run.state(state)["pages"]}


def test_custom_pages_are_visited_once_each_and_own_their_cookies(gannet, sites):
    site = sites["custom"]
    run = gannet.scan(gannet.url(site.host), "--states", "untouched", "--page", "/about", "--page", "about#top", "--page",
                      gannet.url(site.host, "/contact"), "--page", "/./about")
    pages = _pages(run)
    assert list(pages) == ["/", "/about", "/contact"]
    assert [len(gannet.server.log.exchanges(path=path)) for path in pages] == [1, 1, 1]
    writers = {cookie["name"]: cookie["pages"] for cookie in run.state("untouched")["cookies"]}
    assert writers["about_page"] == [pages["/about"]["url"]]
    assert writers["contact_page"] == [pages["/contact"]["url"]]
    assert run.state("untouched")["fresh_context_per_page"]


def test_page_that_fails_does_not_hide_the_others(gannet, sites):
    site = sites["custom"]
    run = gannet.scan(gannet.url(site.host), "--states", "untouched", "--page", "/missing", "--page", "/broken", "--page", "/about")
    pages = _pages(run)
    assert {path: page["http_status"] for path, page in pages.items()} == {"/": 200, "/missing": 404, "/broken": 500, "/about": 200}
    assert (pages["/about"]["status"], pages["/"]["status"]) == ("ok", "ok")
    assert "ok" not in (pages["/missing"]["status"], pages["/broken"]["status"])
    assert run.get_document()["status"] == "partial"


@pytest.mark.parametrize("code", [403, 404, 429, 500])
def test_error_status_is_never_a_success(code, gannet, sites):
    site = sites[f"status{code}"]
    run = gannet.scan_site(site, states=("untouched",))
    (page,) = run.state("untouched")["pages"]
    assert page["http_status"] == code
    assert page["status"] != "ok" and str(code) in page["reason"]
    assert run.get_document()["status"] != "success"
    assert run.exit_code != EXIT_FINE
    if code in (403, 429):
        assert page["status"] == "blocked"


def test_server_that_asks_to_come_again_is_visited_again(gannet):
    run = gannet.scan(gannet.url("recovering.test"), "--states", "untouched")
    (page,) = run.state("untouched")["pages"]
    assert (page["status"], page["http_status"], page["attempts"]) == ("ok", 200, 2)
    assert run.exit_code == EXIT_FINE
    first, second = [e.at for e in gannet.server.log.exchanges(host="recovering.test") if e.path == "/"]
    assert second - first >= 1, "it asked for a second"


def test_server_that_asks_for_a_long_wait_is_not_waited_for(gannet):
    run = gannet.scan(gannet.url("closed.test"), "--states", "untouched")
    (page,) = run.state("untouched")["pages"]
    assert (page["status"], page["http_status"], page["attempts"]) == ("blocked", 503, 1)
    assert [fact["detail"] for fact in page["facts"] if fact["kind"] == "not visited again"] == [
        "the server asked to wait 3600 s; at most 70 s are waited"]


def test_page_that_never_falls_silent_ends_at_its_ceiling(gannet, sites):
    (page,) = gannet.scan_site(sites["busy"], states=("untouched",)).state("untouched")["pages"]
    assert page["status"] == "ok"
    assert page["phases"][0]["settled_by"] == "ceiling"


def test_quiet_page_is_not_waited_for(gannet, sites):
    (page,) = gannet.scan_site(sites["plain"], states=("untouched",)).state("untouched")["pages"]
    assert {phase["settled_by"] for phase in page["phases"]} == {"quiet"}


def test_meta_refresh_leads_to_the_final_url(gannet, sites):
    (page,) = gannet.scan_site(sites["moved"], states=("untouched",)).state("untouched")["pages"]
    assert page["url"].endswith("/") and page["final_url"].endswith("/there")


@pytest.mark.parametrize("name", OBSTACLES)
def test_obstacle_is_a_recorded_fact(name, gannet, sites):
    (page,) = gannet.scan_site(sites[name], states=("untouched",)).state("untouched")["pages"]
    assert name in {fact["kind"] for fact in page["facts"]}, page["facts"]


def test_no_value_that_a_page_keeps_or_sends_is_left_in_clear(gannet, sites):
    # Everything under the data folder and everything printed is searched for a planted address and for each cookie value that was sent.
    run = gannet.scan_site(sites["secrets"], states=("untouched",), arguments=("--verbose",))
    run_leaky = gannet.scan_site(sites["leaky"], states=("untouched",))
    values = {line.partition("=")[2].partition(";")[0] for e in gannet.server.log.exchanges() for line in e.set_cookies}
    secrets = [value.encode() for value in values if len(value) >= 16] + [b"jane.doe", b"private.example"]
    assert len(secrets) > 5
    places = {"stdout": run.stdout.encode() + run_leaky.stdout.encode(), "stderr": run.stderr.encode() + run_leaky.stderr.encode()}
    places |= kept.everything(gannet.data_dir)
    assert any(b"secrets.test" in content for content in places.values()), "the search reads what is kept"
    assert [(place, secret) for place, content in places.items() for secret in secrets if secret in content] == []


def test_requests_from_workers_and_sockets_are_counted(gannet, sites):
    state = gannet.scan_site(sites["workers"], states=("untouched",)).state("untouched")
    (party,) = state["third_parties"]
    assert set(party["hosts"]) == {f"{name}.metrics.example" for name in ("service", "worker", "shared", "socket")}
    assert state["requests"]["by_type"].get("websocket") == 1


def test_failing_pages_with_retries_end_even_one_at_a_time(gannet, sites):
    site = sites["custom"]
    dead = [argument for n in range(3) for argument in ("--page", f"https://nobody{n}.{site.host}:9/")]
    run = gannet.scan(gannet.url(site.host), "--concurrency", "1", *dead)
    pages = run.state("accepted")["pages"]
    assert [page["status"] for page in pages] == ["ok", "failed", "failed", "failed"]
    assert {page["attempts"] for page in pages[1:]} == {3}
    assert run.exit_code == 4
