"""However a scan ends, no Chromium process and no user-data folder stays behind; whatever dies in the middle of one, the scan ends by
itself and says what happened."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

import pytest
from harness.gannet import EXIT_FAILED, EXIT_PARTIAL, Gannet
from harness.processes import command_line, descendants, eventually
from harness.server import Response, TestServer

HOST = "processes.test"
SECONDS = 60
NEVER_AGAIN = {"max_retries": 0}
HEAD = """<!doctype html><link rel="icon" href="data:,">"""
PAGE = HEAD + """<p>A shop.</p>
<div id="banner" style="position: fixed; bottom: 0">We use cookies. <button id="accept">Accept all</button></div>
<script>
document.cookie = "early=1";
fetch("/resting");
if (document.cookie.includes("cookie_consent=")) banner.remove();
accept.onclick = () => fetch("/choosing").then(() => { document.cookie = "cookie_consent=accepted"; banner.remove(); });
</script>"""
HUNGRY = HEAD + "<script>kept = []; for (let i = 0; i < 24; ++i) kept.push(new Uint8Array(64 << 20).fill(1));</script>"
ENDLESS = {"script": HEAD + "<script>document.cookie = 'early=1'; for (;;);</script>",
           "alert": HEAD + "<script>document.cookie = 'early=1'; for (;;) alert('again');</script>"}


class Moments:
    """A page whose scan comes to known moments and stays there until `leave()`: its document is asked for, it comes to rest, its
    button is clicked, the next page is asked for."""

    def __init__(self, folder: Path):
        self._reached = {name: threading.Event() for name in ("navigation", "rest", "consent", "next")}
        self._left = threading.Event()
        self._stays_at: str | None = None
        document = Response(PAGE, cookies=["sid=1; Path=/"])
        routes = {(HOST, "/"): lambda request: self._stay("navigation", document),
                  (HOST, "/resting"): lambda request: self._stay("rest", Response("")),
                  (HOST, "/choosing"): lambda request: self._stay("consent", Response("")),
                  (HOST, "/next"): lambda request: self._stay("next", document),
                  (HOST, "/last"): lambda request: document,
                  (HOST, "/hungry"): lambda request: Response(HUNGRY)}
        routes |= {(HOST, f"/endless-{kind}"): (lambda request, page=page: Response(page)) for kind, page in ENDLESS.items()}
        self.server = TestServer(folder, routes, {HOST})
        self.server.start()

    def stay_at(self, moment: str | None) -> None:
        self.leave()
        for event in self._reached.values():
            event.clear()
        self._left = threading.Event()
        self._stays_at = moment

    def wait_for(self, moment: str) -> None:
        assert self._reached[moment].wait(SECONDS), f"the scan did not come to {moment}"

    def leave(self) -> None:
        self._left.set()

    def _stay(self, moment: str, response: Response) -> Response:
        left = self._left
        self._reached[moment].set()
        if moment == self._stays_at:
            left.wait(SECONDS)
        return response


@dataclass
class Scan:
    """A scan that runs, with a temporary folder of its own for its browser."""

    process: subprocess.Popen
    folder: Path

    def processes(self) -> dict[int, str]:
        return descendants(self.process.pid)

    def host(self) -> int:
        return self._only("the browser host", [pid for pid in self.processes() if _name(pid) == "gannet-host"])

    def browser(self) -> int:
        return self._only("the browser", [pid for pid, line in self.processes().items() if "--user-data-dir=" in line and "--type=" not in line])

    def renderers(self) -> list[int]:
        return [pid for pid, line in self.processes().items() if "--type=renderer" in line]

    def end(self) -> tuple[int, dict]:
        """Exit code and scan document."""
        stdout, stderr = self.process.communicate(timeout=SECONDS)
        assert stdout, f"exit code {self.process.returncode}, standard error:\n{stderr}"
        return self.process.returncode, json.loads(stdout)

    def _only(self, what: str, found: list[int]) -> int:
        assert len(found) == 1, f"{what}: {found} in {self.processes()}"
        return found[0]


@pytest.fixture(scope="module")
def moments(tmp_path_factory):
    made = Moments(tmp_path_factory.mktemp("processes"))
    yield made
    made.leave()
    made.server.stop()


@pytest.fixture
def start(moments, tmp_path):
    """Starts scans that stay at a moment, one state after the other. At the end of the test nothing of them may be left."""
    gannet = Gannet(moments.server, tmp_path / "data")
    folder = Path(tempfile.mkdtemp(prefix="gannet-test-processes."))
    folder.chmod(0o1777)  # The browser's user makes its folders here.

    def run(moment: str | None, states: str = "untouched", *, path: str = "/", pages: tuple[str, ...] = (),
            params: dict[str, int] = NEVER_AGAIN) -> Scan:
        moments.stay_at(moment)
        moments.server.log.restart()
        file = tmp_path / "params.json"
        file.write_text(json.dumps({"concurrency": 1, **params}))
        further = [argument for page in pages for argument in ("--page", page)]
        process = gannet.start("scan", gannet.url(HOST, path), *gannet.site_arguments(), "--params", str(file), "--states", states, *further,
                               "--accept-selector", "#accept", "--format", "json", environment={"TMPDIR": str(folder)})
        scan = Scan(process, folder)
        if moment:
            moments.wait_for(moment)
        return scan

    yield run
    moments.leave()
    gannet.close()
    shutil.rmtree(folder)


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def _assert_nothing_is_left(processes: dict[int, str], folder: Path) -> None:
    """An emptied command line is a zombie's, or nobody's."""
    assert any("--type=" in line or "--user-data-dir=" in line for line in processes.values()), "no browser was seen running"
    eventually(lambda: not [pid for pid, line in processes.items() if line and command_line(pid) == line], 20, f"the end of {processes}")
    eventually(lambda: not list(folder.iterdir()), 20, f"{folder} to be empty; it holds {list(folder.iterdir())}")


def _facts(page: dict) -> dict[str, str]:
    return {fact["kind"]: fact["detail"] for fact in page["facts"]}


def _judge(document: dict, state: str) -> tuple[str, str]:
    page = document["states"][state]["pages"][0]
    return page["status"], page["reason"]


@pytest.mark.parametrize("moment, states", [("navigation", "untouched"), ("consent", "accepted")])
def test_killing_gannet_in_the_middle_leaves_nothing(moment, states, start):
    scan = start(moment, states)
    processes = scan.processes()
    scan.process.kill()
    scan.process.communicate(timeout=SECONDS)
    _assert_nothing_is_left(processes, scan.folder)


@pytest.mark.parametrize("has_children", [False, True], ids=["main-process-alone", "with-its-first-children"])
def test_killing_gannet_while_the_browser_starts_leaves_nothing(has_children, start):
    scan = start(None)

    def is_starting() -> bool:
        lines = scan.processes().values()
        return any("--user-data-dir=" in line for line in lines) and (not has_children or any("--type=zygote" in line for line in lines))

    eventually(is_starting, SECONDS, "the browser's first processes")
    processes = scan.processes()
    scan.process.kill()
    scan.process.communicate(timeout=SECONDS)
    _assert_nothing_is_left(processes, scan.folder)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_one_signal_ends_the_scan_and_keeps_what_was_recorded(number, start):
    scan = start("consent", "untouched,accepted")
    processes = scan.processes()
    scan.process.send_signal(number)
    exit_code, document = scan.end()
    assert (document["status"], exit_code) == ("cancelled", EXIT_PARTIAL), document["reason"]
    assert document["reason"] == "the scan was interrupted; what was recorded until then is kept"
    assert _judge(document, "untouched") == ("ok", "")
    assert _judge(document, "accepted") == ("partial", "the scan was interrupted")
    for state in ("untouched", "accepted"):
        assert {cookie["name"] for cookie in document["states"][state]["cookies"]} == {"sid", "early"}
    _assert_nothing_is_left(processes, scan.folder)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_before_any_page_was_seen_is_an_interrupt_and_no_failure(number, start):
    scan = start("navigation", "untouched,accepted")
    processes = scan.processes()
    scan.process.send_signal(number)
    exit_code, document = scan.end()
    assert (document["status"], exit_code) == ("cancelled", EXIT_PARTIAL)
    assert document["reason"] == "the scan was interrupted before any page was seen"
    assert _judge(document, "untouched") == ("failed", "the scan was interrupted")
    assert _judge(document, "accepted") == ("failed", "the scan was interrupted before this page was visited")
    _assert_nothing_is_left(processes, scan.folder)


def test_signal_while_the_browser_starts_is_an_interrupt_as_well(start):
    scan = start(None)
    eventually(lambda: any("--user-data-dir=" in line for line in scan.processes().values()), SECONDS, "the browser")
    processes = scan.processes()
    scan.process.send_signal(signal.SIGINT)
    exit_code, document = scan.end()
    assert (document["status"], exit_code) == ("cancelled", EXIT_PARTIAL)
    assert document["reason"] == "the scan was interrupted before any page was seen"
    _assert_nothing_is_left(processes, scan.folder)


def test_second_signal_ends_gannet_at_once_and_the_host_cleans_up(start):
    """The host is stopped, so that the first signal alone cannot come to its end; that it was taken shows in the browser's."""
    scan = start("consent", "accepted")
    processes, host, browser = scan.processes(), scan.host(), scan.browser()
    os.kill(host, signal.SIGSTOP)
    scan.process.send_signal(signal.SIGINT)
    eventually(lambda: not command_line(browser), SECONDS, "the orderly end of the browser")
    assert scan.process.poll() is None
    scan.process.send_signal(signal.SIGINT)
    # Not communicate(): the stopped host holds the other ends of both pipes.
    assert scan.process.wait(timeout=5) == 128 + signal.SIGINT
    os.kill(host, signal.SIGCONT)
    _assert_nothing_is_left(processes, scan.folder)


def test_killed_host_takes_its_browser_along_and_the_next_scan_sweeps_its_folders(start):
    scan = start("consent", "accepted")
    processes = scan.processes()
    os.kill(scan.host(), signal.SIGKILL)
    exit_code, document = scan.end()
    assert (document["status"], exit_code) == ("partial", EXIT_PARTIAL)
    assert _judge(document, "accepted") == ("partial", "the browser ended unexpectedly")
    eventually(lambda: not [pid for pid, line in processes.items() if line and command_line(pid) == line], 20, f"the end of {processes}")
    assert list(scan.folder.iterdir()), "nobody is left to remove them"
    start(None).end()
    assert not list(scan.folder.iterdir())


@pytest.mark.parametrize("moment, status", [("navigation", "failed"), ("consent", "partial")])
def test_killed_renderer_costs_one_visit_alone(moment, status, start, moments):
    scan = start(moment, "accepted,untouched")
    for renderer in scan.renderers():
        os.kill(renderer, signal.SIGKILL)
    moments.leave()
    processes = scan.processes()
    exit_code, document = scan.end()
    assert (document["status"], exit_code) == ("partial", EXIT_PARTIAL), document["reason"]
    page = document["states"]["accepted"]["pages"][0]
    assert page["status"] == status and "the tab crashed" in page["reason"], page
    assert _judge(document, "untouched") == ("ok", "")
    _assert_nothing_is_left(processes, scan.folder)


def test_renderer_that_takes_too_much_memory_is_ended_and_the_reason_says_so(start):
    scan = start(None, path="/hungry")
    exit_code, document = scan.end()
    assert (document["status"], exit_code) == ("failed", EXIT_FAILED)
    reason = _judge(document, "untouched")[1]
    words = re.fullmatch(r"Gannet ended the process of the page: it used (\d+) MiB, the limit is 1024 MiB", reason)
    assert words and int(words[1]) > 1024, reason


def test_killed_browser_costs_one_try_of_one_visit(start, moments):
    scan = start("rest", "untouched,rejected,accepted", params={})
    processes = scan.processes()
    os.kill(scan.browser(), signal.SIGKILL)
    moments.leave()
    exit_code, document = scan.end()
    assert document["status"] == "success", document["reason"]
    assert {name: [(page["status"], page["attempts"]) for page in state["pages"]] for name, state in document["states"].items()} == {
        "untouched": [("ok", 2)], "rejected": [("ok", 1)], "accepted": [("ok", 1)]}
    facts = _facts(document["states"]["untouched"]["pages"][0])
    assert facts["browser restarted"] == "the browser ended unexpectedly; it was started again, with an empty cookie jar"
    _assert_nothing_is_left(processes, scan.folder)


def test_killed_browser_costs_states_that_run_at_once_one_try_each(start, moments):
    scan = start("rest", "untouched,rejected,accepted", params={"concurrency": 3})
    os.kill(scan.browser(), signal.SIGKILL)
    moments.leave()
    exit_code, document = scan.end()
    assert document["status"] == "success", document["reason"]
    attempts = [page["attempts"] for state in document["states"].values() for page in state["pages"]]
    assert len(attempts) == 3 and max(attempts) == 2, attempts


def test_choice_that_was_lost_with_its_browser_is_made_again_before_the_next_page(start, moments):
    scan = start("next", "accepted", pages=("/next",), params={})
    os.kill(scan.browser(), signal.SIGKILL)
    moments.leave()
    exit_code, document = scan.end()
    assert document["status"] == "success", document["reason"]
    pages = document["states"]["accepted"]["pages"]
    assert [page["url"].rpartition("/")[2] for page in pages] == ["", "", "next"]
    assert "browser restarted" not in _facts(pages[0])
    assert {"browser restarted", "choice repeated"} <= set(_facts(pages[1]))
    assert document["states"]["accepted"]["consent"]["result"] == "proved"
    log = moments.server.log.exchanges(host=HOST)
    assert len([e for e in log if e.path == "/choosing"]) == 2
    lost, seen = [e.cookies for e in log if e.path == "/next"]
    assert (lost["cookie_consent"], seen["cookie_consent"]) == ("accepted", "accepted")


def test_choice_is_made_again_until_a_browser_keeps_it(start, moments):
    """The browser is lost at the second page, and again while the choice is repeated for it; the third page comes after the choice."""
    scan = start("next", "accepted", pages=("/next", "/last"), params={})
    os.kill(scan.browser(), signal.SIGKILL)
    moments.stay_at("consent")
    moments.wait_for("consent")
    os.kill(scan.browser(), signal.SIGKILL)
    moments.leave()
    exit_code, document = scan.end()
    pages = document["states"]["accepted"]["pages"]
    assert [(page["url"].rpartition("/")[2], page["status"]) for page in pages] == [
        ("", "ok"), ("next", "failed"), ("", "ok"), ("last", "ok")]
    assert pages[1]["reason"] == "the browser ended unexpectedly"
    assert "choice repeated" in _facts(pages[2])
    log = moments.server.log.exchanges(host=HOST)
    assert len([e for e in log if e.path == "/choosing"]) == 3
    (last,) = [e for e in log if e.path == "/last"]
    assert last.cookies["cookie_consent"] == "accepted"


def test_browser_that_is_killed_again_and_again_ends_the_scan_soon(start):
    scan = start("navigation", "untouched,rejected,accepted", params={})
    pause = threading.Event()
    while scan.process.poll() is None:
        for pid, line in scan.processes().items():
            if "--user-data-dir=" in line and "--type=" not in line:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        pause.wait(0.02)
    exit_code, document = scan.end()
    assert (document["status"], exit_code) == ("failed", EXIT_FAILED)
    assert "the browser" in document["reason"] and "Page." not in document["reason"]
    assert "lost 4 times in a row and is not started again" in _judge(document, "accepted")[1]


@pytest.mark.parametrize("moment, status, exit_code", [("navigation", "failed", EXIT_FAILED), ("consent", "partial", EXIT_PARTIAL)])
def test_killed_browser_without_a_further_try_leaves_what_was_recorded_and_the_reason(moment, status, exit_code, start):
    scan = start(moment, "accepted")
    processes = scan.processes()
    os.kill(scan.browser(), signal.SIGKILL)
    ended_with, document = scan.end()
    assert (document["status"], ended_with) == (status, exit_code), document["reason"]
    assert _judge(document, "accepted") == (status, "the browser ended unexpectedly")
    _assert_nothing_is_left(processes, scan.folder)


def test_browser_that_hangs_is_replaced_within_the_time_of_its_visit(start, moments):
    scan = start("navigation", "untouched,accepted")
    processes = scan.processes()
    os.kill(scan.browser(), signal.SIGSTOP)
    moments.leave()
    exit_code, document = scan.end()
    assert (document["status"], exit_code) == ("partial", EXIT_PARTIAL), document["reason"]
    assert _judge(document, "untouched") == ("failed", "the browser did not answer for 20 s")
    assert document["states"]["untouched"]["pages"][0]["duration_ms"] < 30_000
    assert _judge(document, "accepted") == ("ok", "")
    _assert_nothing_is_left(processes, scan.folder)


@pytest.mark.parametrize("kind", ENDLESS)
def test_page_whose_script_never_ends_costs_no_more_than_its_budget(kind, start):
    """Of 37 s by these parameters; what it did before is recorded."""
    scan = start(None, path=f"/endless-{kind}", params={"timeout": 5000, "wait_for_dynamic_content": 1})
    exit_code, document = scan.end()
    assert exit_code == EXIT_PARTIAL, document["reason"]
    state = document["states"]["untouched"]
    (page,) = state["pages"]
    assert (page["status"], page["reason"]) == ("partial", "the page does not answer: it is busy with a script that does not end, or with more than it can show")
    assert page["duration_ms"] < 37_000
    assert [cookie["name"] for cookie in state["cookies"]] == ["early"]


def test_server_that_never_answers_is_named(start):
    scan = start("navigation", params={"timeout": 5000, "max_retries": 0})
    exit_code, document = scan.end()
    assert (document["status"], exit_code) == ("failed", EXIT_FAILED)
    assert _judge(document, "untouched") == ("failed", f"no answer from {HOST} within 5 s")


def test_finished_scan_leaves_nothing(start, moments):
    scan = start("navigation")
    processes = scan.processes()
    moments.leave()
    exit_code, document = scan.end()
    assert (document["status"], exit_code) == ("success", 0), document["reason"]
    _assert_nothing_is_left(processes, scan.folder)
