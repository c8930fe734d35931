"""One place to scan: a page with channels, their canaries, and a scan of it under watch, with some protection taken away or none."""

import dataclasses
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from harness.gannet import Gannet, Run, binary
from harness.server import Request, Response, TestServer

from .altered_browser import AlteredBrowser, Alteration
from .canaries import Canaries
from .channels import CHANNELS, PAGE_HOST, Channel, page
from .relay import Relay
from .trace import TracedGannet, Traffic

ALLOWED = "127.66.0.1"
HOLD_SECONDS_MAX = 15


@dataclasses.dataclass(frozen=True)
class Observation:
    run: Run
    traffic: Traffic
    sung: set[tuple[str, str]]
    refused: set[str]
    """Channels that gannet's proxy turned away."""

    def evidence(self) -> str:
        past = "\n".join(sorted(map(str, self.traffic.by_browser_past_the_gates())))
        return f"sung: {sorted(self.sung)}\nrefused: {sorted(self.refused)}\npast the gates:\n{past}\n{self.run}"


class Field:
    """The page is at ALLOWED, the only address that a scan may reach; every other loopback address may hold a canary."""

    def __init__(self, folder: Path):
        self._folder = folder
        self._channels: tuple[Channel, ...] = ()
        self._is_over: Callable[[], bool] = lambda: True
        self.canaries = Canaries((channel.name, channel.address or f"127.77.0.{number}") for number, channel in enumerate(CHANNELS, 1))
        routes = {"/": self._page, "/hold": self._hold, "/ended": lambda request: Response(""), "/redirect": self._redirect,
                  "/csp": self._report_policy, "/service_worker.js": self._service_worker}
        self.server = TestServer(folder, {(PAGE_HOST, path): route for path, route in routes.items()}, {PAGE_HOST})
        self.server.start()
        self._relay = Relay(ALLOWED, ("127.0.0.1", self.server.https_port))

    def close(self) -> None:
        self._relay.close()
        self.server.stop()
        self.canaries.close()

    def observe(self, channels: tuple[Channel, ...] = CHANNELS, *, arguments: tuple[str, ...] = (), alteration: Alteration | None = None,
                is_over: Callable[[set[str], set[str]], bool] = lambda sung, refused: True) -> Observation:
        """Scans the page with `channels`. It finishes loading when `is_over` says so of the names sung and the names refused."""
        self.canaries.restart()
        self._channels = channels
        gannet = Gannet(self.server, self._folder / "data")
        traced = TracedGannet(binary())
        browser = AlteredBrowser(alteration) if alteration else None
        self._is_over = lambda: is_over({name for _, name in self.canaries.sung()}, self._refused(traced))
        resolve = [f"{channel.host}:*:{self.canaries.all[channel.name].address}" for channel in channels if not channel.address]
        try:
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("GANNET", str(traced.path))
                run = gannet.run(
                    "scan", f"https://{PAGE_HOST}:{self.server.https_port}/", *(word for rule in resolve for word in ("--resolve", rule)),
                    "--resolve", f"{PAGE_HOST}:*:{ALLOWED}", "--allow-net", ALLOWED, "--ca", str(self.server.authority.certificate),
                    "--params", str(self._params()), "--states", "untouched", "--format", "json", "--verbose", *arguments,
                    environment={"GANNET_BROWSER": str(browser.path)} if browser else None)
            run = dataclasses.replace(run, stderr=traced.said())
            return Observation(run, traced.traffic(), self.canaries.sung(), self._refused(traced))
        finally:
            gannet.close()
            traced.close()
            if browser:
                browser.close()

    def _params(self) -> Path:
        path = self._folder / "params.json"
        path.write_text('{"max_retries": 0}')
        return path

    def _refused(self, traced: TracedGannet) -> set[str]:
        said = traced.said()
        return {name for name, canary in self.canaries.all.items() if f" port {canary.port} by gate " in said}

    def _page(self, request: Request) -> Response:
        return Response(page(self._channels, self.canaries.all))

    def _hold(self, request: Request) -> Response:
        end = time.monotonic() + HOLD_SECONDS_MAX
        pause = threading.Event()
        while not self._is_over() and time.monotonic() < end:
            pause.wait(0.05)
        return Response("", type="image/png")

    def _redirect(self, request: Request) -> Response:
        return Response("", status=302, headers={"Location": request.exchange.query["to"]})

    def _report_policy(self, request: Request) -> Response:
        return Response("<img src=/forbidden>",
                        headers={"Content-Security-Policy": f"img-src 'none'; report-uri {request.exchange.query['to']}"})

    def _service_worker(self, request: Request) -> Response:
        return Response(f"fetch('https://{request.exchange.query['host']}/').catch(() => 0);"
                        "oninstall = () => new BroadcastChannel('service worker').postMessage(0);", type="text/javascript")
