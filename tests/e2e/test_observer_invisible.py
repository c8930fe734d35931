"""A page cannot tell that its writes are observed: everything it can ask has the same answer in gannet's browser and in Chromium alone.
What it can tell all the same is in docs/decisions/0006-observing-writes.md."""

import json
from pathlib import Path

import pytest
from harness.gannet import Gannet
from harness.server import Response, TestServer
from observer import plain_chromium

HOST, OTHER_HOST = "probe.test", "other-site.test"
PROBE = (Path(__file__).parent / "observer" / "probe.js").read_text()
SECONDS = 40
WRITES_MS_MAX = 4000
"""For a thousand; bounds a hang, not a speed: test machines are busy."""

# The clumsy observer that everybody writes first: it must not get past the probe.
WRAPPER = """
const native = Object.getOwnPropertyDescriptor(Document.prototype, 'cookie');
Object.defineProperty(Document.prototype, 'cookie', {...native, set(value) { console.debug(String(value)); native.set.call(this, value); }});
"""
LOOK_IN_PAGE = """
const seen = {...look(), ...await lookIntoFrames(), ...await lookIntoAnotherSite('https://other-site.test:{{https}}/')};
const report = {seen, inspector: lookForInspector(), times: await measure(), browser: await describeBrowser()};
await fetch('/seen', {method: 'POST', body: JSON.stringify(report)});
"""
LOOK_IN_FRAME = "parent.postMessage({crossSite: look()}, '*');"


def _document(code: str, before: str = "") -> str:
    return (f'<!doctype html><link rel="icon" href="data:,"><body><script>{before}</script><script>{PROBE}</script>'
            f"<script>(async () => {{ {code} }})().catch(error => fetch('/seen', {{method: 'POST', body: JSON.stringify(error.stack)}}));</script>")


@pytest.fixture(scope="module")
def probe_server(tmp_path_factory):
    def hold(request):
        """Keeps the page loading until it has told what it saw."""
        request.server.log.wait_for(lambda seen: any(e.path == "/seen" for e in seen), SECONDS)
        return Response("", type="image/png")

    held = '<img src="/hold">'
    routes = {
        (HOST, "/"): lambda request: Response(request.fill(held + _document(LOOK_IN_PAGE))),
        (HOST, "/wrapped"): lambda request: Response(request.fill(held + _document(LOOK_IN_PAGE, WRAPPER))),
        (HOST, "/hold"): hold,
        (HOST, "/seen"): lambda request: Response(""),
        (HOST, "/empty"): lambda request: Response("<script>document.cookie = 'empty=1'</script>"),
        (OTHER_HOST, "/"): lambda request: Response(_document(LOOK_IN_FRAME)),
    }
    server = TestServer(tmp_path_factory.mktemp("probe"), routes, {HOST, OTHER_HOST})
    server.start()
    yield server
    server.stop()


def _told(server) -> dict:
    told = json.loads(server.log.exchanges(path="/seen")[0].body)
    assert isinstance(told, dict), f"the probe failed:\n{told}"
    return told


def _load_plainly(server, path: str) -> dict:
    server.log.restart()
    plain_chromium.load(f"https://{HOST}:{server.https_port}{path}", server.certificate)
    return _told(server)


@pytest.fixture(scope="module")
def plain(probe_server):
    return _load_plainly(probe_server, "/")


@pytest.fixture(scope="module")
def wrapped(probe_server):
    return _load_plainly(probe_server, "/wrapped")


@pytest.fixture(scope="module")
def scan(probe_server, tmp_path_factory):
    gannet = Gannet(probe_server, tmp_path_factory.mktemp("probe-scan") / "data")
    run = gannet.scan(gannet.url(HOST), "--states", "untouched")
    yield run
    gannet.close()


@pytest.fixture(scope="module")
def observed(scan, probe_server):
    return _told(probe_server)


def _differences(kind: str, plain: dict, other: dict) -> list[str]:
    names = {name for name in plain["seen"] | other["seen"] if name.removeprefix("another site: ").startswith(kind)}
    assert names, f"the probe looked for no {kind}"
    return [f"{name}\n  alone: {plain['seen'].get(name)}\n  other: {other['seen'].get(name)}" for name in sorted(names)
            if plain["seen"].get(name) != other["seen"].get(name)]


@pytest.mark.parametrize("kind", ["trap", "failure", "shape", "names", "frame"])
def test_page_has_the_same_answers_as_without_an_observer(kind, plain, observed):
    assert "\n".join(_differences(kind, plain, observed)) == ""


@pytest.mark.parametrize("kind", ["trap", "shape", "failure"])
def test_probe_notices_an_observer_that_wraps_the_setter(kind, plain, wrapped):
    assert _differences(kind, plain, wrapped)


def test_observer_saw_the_writes_that_it_hid_from(scan, observed):
    writers = {cookie["name"]: cookie["set_by"] for cookie in scan.state("untouched")["cookies"]}
    for name in ("timed", "frame", "written", "srcdoc", "empty"):
        assert writers[name]["kind"] == "script" and writers[name]["method"] == "document.cookie", writers


def test_browser_calls_itself_neither_headless_nor_automated(observed):
    browser = observed["browser"]
    assert browser["webdriver"] is False
    assert "Headless" not in json.dumps(browser)
    assert browser["languages"] == ["en-US", "en"]


def test_thousand_writes_stay_quick_and_their_price_is_told(plain, observed, capsys):
    with capsys.disabled():
        print()
        for name, ms in observed["times"].items():
            print(f"  1000 {name}: {ms:.1f} ms observed, {plain['times'][name]:.1f} ms alone, ratio {ms / max(plain['times'][name], 0.1):.1f}")
    assert observed["times"]["document.cookie writes"] < WRITES_MS_MAX
    assert observed["times"]["localStorage.setItem calls"] < WRITES_MS_MAX
    assert observed["times"]["debugger statements"] < WRITES_MS_MAX
