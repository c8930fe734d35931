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
from .channels import CHANNELS, PAGE_HOST, REBOUND_HOST, Channel, page
from .hosts_file import HostsFile
from .relay import Relay
from .trace import TracedGannet, Traffic

ALLOWED = "127.66.0.1"
HOLD_SECONDS_MAX = 30


@dataclasses.dataclass(frozen=True)
class Observation:
    run: Run
    traffic: Traffic
    sung: set[tuple[str, str]]
    refused: set[str]
    """Channels that gannet's proxy turned away."""

    def evidence(self) -> str:
        past = "\n".join(sorted(map(str, self.traffic.by_browser_past_the_gates())))
        by_gannet = "\n".join(sorted(map(str, self.traffic.by_gannet())))
        return (f"sung: {sorted(self.sung)}\nrefused: {sorted(self.refused)}\npast the gates:\n{past}\nby gannet:\n{by_gannet}\n"
                f"exit code {self.run.exit_code}, standard error:\n{self.run.stderr[-6000:]}")


class Field:
    """The page is at ALLOWED, the only address that a scan may reach; every other loopback address may hold a canary."""

    def __init__(self, folder: Path):
        self._folder = folder
        self._channels: tuple[Channel, ...] = ()
        self._is_over: Callable[[], bool] = lambda: True
        self._hosts: HostsFile | None = None
        self._traced: TracedGannet | None = None
        self.canaries = Canaries((channel.name, channel.address or f"127.77.0.{number}") for number, channel in enumerate(CHANNELS, 1))
        routes = {"/": self._page, "/hold": self._hold, "/ended": lambda request: Response(""), "/redirect": self._redirect,
                  "/csp": self._report_policy, "/service_worker.js": self._service_worker, "/gate": self._gate, "/rebind": self._rebind}
        hosts = (PAGE_HOST, REBOUND_HOST)
        self.server = TestServer(folder, {(host, path): route for path, route in routes.items() for host in hosts}, hosts)
        self.server.start()
        self._relay = Relay(ALLOWED, ("127.0.0.1", self.server.https_port))

    def close(self) -> None:
        self._relay.close()
        self.server.stop()
        self.canaries.close()

    def observe(self, channels: tuple[Channel, ...] = CHANNELS, *, arguments: tuple[str, ...] = (), alteration: Alteration | None = None,
                hosts: HostsFile | None = None, start: str = PAGE_HOST, can_reach_page: bool = True,
                is_over: Callable[[set[str], set[str]], bool] = lambda sung, refused: True) -> Observation:
        """Scans the page with `channels`, which all come to their ends. It goes on loading until `is_over` says so of the names sung and
        the names refused. Names are resolved by `hosts` if given, else so that each leads to the canary of its channel."""
        self.canaries.restart()
        self.server.log.restart()
        self._channels = channels
        self._hosts = hosts
        gannet = Gannet(self.server, self._folder / "data")
        self._traced = traced = TracedGannet(hosts.wrap(binary()) if hosts else binary())
        browser = AlteredBrowser(alteration) if alteration else None
        self._is_over = lambda: not self._unfinished() and is_over(self._names_sung(), self._refused(traced))
        try:
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("GANNET", str(traced.path))
                run = gannet.run("scan", f"https://{start}:{self.server.https_port}/", *self._arguments(hosts), *arguments,
                                 environment={"GANNET_BROWSER": str(browser.path)} if browser else None)
            run = dataclasses.replace(run, stderr=traced.said())
            # Silence proves nothing about a page that did not run to its end.
            seen = Observation(run, traced.traffic(), self.canaries.sung(), self._refused(traced))
            assert not can_reach_page or not self._unfinished(), f"channels that did not end: {self._unfinished()}\n{seen.evidence()}"
            return seen
        finally:
            gannet.close()
            traced.close()
            if browser:
                browser.close()

    def _arguments(self, hosts: HostsFile | None) -> list[str]:
        params = self._folder / "params.json"
        params.write_text('{"max_retries": 0}')
        rules = [f"{PAGE_HOST}:*:{ALLOWED}"]
        if not hosts:
            rules += [f"{c.host}:*:{self.canaries.all[c.name].address}" for c in self._channels if not c.address]
        return [*(word for rule in rules for word in ("--resolve", rule)), "--allow-net", ALLOWED,
                "--ca", str(self.server.authority.certificate), "--params", str(params), "--states", "untouched", "--format", "json",
                "--verbose"]

    def _unfinished(self) -> set[str]:
        """Channels whose end neither the page nor a canary nor the proxy has told."""
        ended = {exchange.query["name"] for exchange in self.server.log.exchanges(path="/ended")}
        return {channel.name for channel in self._channels} - ended - self._names_sung() - self._refused(self._traced)

    def _names_sung(self) -> set[str]:
        return {name for _, name in self.canaries.sung()}

    def _refused(self, traced: TracedGannet) -> set[str]:
        """By their ports. That of a gate, which the page may ask for as well, can be a canary's on another address."""
        said = "\n".join(line for line in traced.said().splitlines() if "it belongs to this installation" not in line)
        return {name for name, canary in self.canaries.all.items() if f" port {canary.port} by gate " in said}

    def _page(self, request: Request) -> Response:
        return Response(page(self._channels, self.canaries.all))

    def _hold(self, request: Request) -> Response:
        end = time.monotonic() + HOLD_SECONDS_MAX
        pause = threading.Event()
        while not self._is_over() and time.monotonic() < end:
            pause.wait(0.05)
        return Response("", type="image/png")

    def _gate(self, request: Request) -> Response:
        return Response(" ".join(str(port) for port in self._traced.traffic().gate_ports))

    def _rebind(self, request: Request) -> Response:
        self._hosts.rebind(**request.exchange.query)
        return Response("")

    def _redirect(self, request: Request) -> Response:
        return Response("", status=302, headers={"Location": request.exchange.query["to"]})

    def _report_policy(self, request: Request) -> Response:
        return Response("<img src=/forbidden>",
                        headers={"Content-Security-Policy": f"img-src 'none'; report-uri {request.exchange.query['to']}"})

    def _service_worker(self, request: Request) -> Response:
        return Response(f"fetch('https://{request.exchange.query['host']}/').catch(() => 0);"
                        "onmessage = event => event.ports[0].postMessage(0);", type="text/javascript")
