"""Pages that mean harm (sites/hostile.py) cost their own visit and nothing else: each ends in time with its reason, the next page of the
scan and the states beside it are as ever, and gannet itself stays small."""

import json

import pytest
from sites.hostile import FINE, FINE_AFTERWARDS, GROUPS, HOARD, HOARD_PAGES, NEIGHBOURS, PARAMS, PARAMS_OF_ENDLESS, HostilePage

MEMORY_MIB_MAX = 150
SECONDS_PER_PAGE_MAX = 60
REASON_WORDS_NEVER = ("deadline passed", "Page.", "Runtime.", "Target.", "Storage.", "session")


@pytest.fixture
def scan(gannet, tmp_path):
    """Scans pages one after another in one browser, each in a context of its own; returns the run with its pages by URL."""
    params = tmp_path / "params.json"

    def run(pages: list[HostilePage], states: str = "untouched", *arguments: str, with_params: dict = PARAMS):
        params.write_text(json.dumps(with_params))
        urls = [_url(gannet, page) for page in pages]
        further = [argument for url in urls[1:] for argument in ("--page", url)]
        done = gannet.scan(urls[0], "--states", states, "--params", str(params), *further, *arguments)
        print(f"{', '.join(page.name for page in pages)}: {done.memory_bytes_max / 2**20:.0f} MiB, {done.seconds:.1f} s")
        return done

    return run


def test_hoards_of_several_pages_in_all_states_stay_bounded_and_are_kept(gannet, scan):
    pages = (argument for n in range(HOARD_PAGES) for argument in ("--page", f"/{n}"))
    run = scan([HOARD], "untouched,rejected,accepted", *pages)
    for name, state in run.get_document()["states"].items():
        assert len(state["pages"]) == 1 + HOARD_PAGES, name
        assert [d for seen in state["pages"] for d in _differences(HOARD, seen)] == [], name
        assert [cookie for cookie in state["cookies"] if cookie["name"].startswith("_hjSession_")], name
    assert _memory_differences(run) == []
    assert [finding for finding in run.get_document()["findings"] if "_hjSession_" in finding["subject"]]
    shown = gannet.run("show", run.get_document()["scan_id"], "--format", "json")
    assert shown.stdout == run.stdout, "it is kept as it was reported"
    assert _memory_differences(shown) == []


def _url(gannet, page: HostilePage) -> str:
    port = gannet.server.https_port if (page.port_of or page.scheme) == "https" else gannet.server.http_port
    return f"{page.scheme}://{page.host}:{port}/"


def _differences(page: HostilePage, seen: dict) -> list[str]:
    said = seen["reason"]
    found = [f"does not say {page.says}"] if page.says not in said else []
    found += [f"says '{word}'" for word in REASON_WORDS_NEVER if word in said]
    found += [f"has no fact '{kind}'" for kind in page.facts if kind not in {fact["kind"] for fact in seen["facts"]}]
    found += [] if seen["status"] == page.ends else [f"is not {page.ends}"]
    found += [] if bool(said) == (seen["status"] != "ok") else ["has a status without reason, or a reason without need"]
    found += [] if seen["duration_ms"] < SECONDS_PER_PAGE_MAX * 1000 else [f"took {seen['duration_ms']} ms"]
    return [f"{page.name}: {difference}; it is {seen['status']} ({said})" for difference in found]


def _memory_differences(run) -> list[str]:
    mib = run.memory_bytes_max / 2**20
    assert mib > 5, "the memory was not measured"
    return [f"gannet held {mib:.0f} MiB"] if mib > MEMORY_MIB_MAX else []


@pytest.mark.parametrize("name", GROUPS)
def test_hostile_pages_end_with_their_reasons_and_leave_the_next_page_alone(name, scan):
    pages = [FINE, *GROUPS[name], FINE_AFTERWARDS]
    run = scan(pages, with_params=PARAMS_OF_ENDLESS if name == "answers" else PARAMS)
    seen = run.state("untouched")["pages"]
    assert len(seen) == len(pages), run
    assert [d for page, visit in zip(pages, seen) for d in _differences(page, visit)] + _memory_differences(run) == []
    assert run.get_document()["status"] == ("success" if all(visit["status"] == "ok" for visit in seen) else "partial")


@pytest.mark.parametrize("page", NEIGHBOURS, ids=lambda page: page.name)
def test_hostile_page_does_not_disturb_the_states_beside_it(page, scan):
    """The page does its harm to the first browser context that asks; the two others get a harmless one from the same host."""
    run = scan([page], "untouched,rejected,accepted", with_params=PARAMS_OF_ENDLESS)
    pages = {name: state["pages"][0] for name, state in run.get_document()["states"].items()}
    harmed = [name for name, seen in pages.items() if seen["title"] != "Harmless"]
    assert len(harmed) == 1, pages
    assert _differences(page, pages.pop(harmed[0])) + _memory_differences(run) == []
    assert {name: seen["status"] for name, seen in pages.items()} == {name: "ok" for name in pages}
