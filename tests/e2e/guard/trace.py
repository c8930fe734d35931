"""Every connection and datagram of a scan, as the kernel was asked for it: gannet under strace."""

import os
import re
import shlex
import tempfile
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

_COMMAND = ("strace", "-f", "--seccomp-bpf", "-yy", "--decode-pids=comm", "--quiet=all", "-e", "signal=none",
            "-e", "trace=connect,sendto,sendmsg,sendmmsg,accept,accept4",
            "-E", "LSAN_OPTIONS=detect_leaks=0")  # ./dev asan: leaks cannot be looked for under a tracer.
_CALL = re.compile(r"^\d+<(?P<thread>.*?)> +(?P<call>connect|sendto|sendmsg|sendmmsg|accept4?)\(\d+(?:<(?P<socket>.*?)>)?,(?P<rest>.*)")
_V4 = re.compile(r'sin_port=htons\((\d+)\), sin_addr=inet_addr\("([^"]+)"\)')
_V6 = re.compile(r'sin6_port=htons\((\d+)\).*?inet_pton\(AF_INET6, "([^"]+)"')
_PEER = re.compile(r"->(.*):(\d+)\]$")
_LISTENER = re.compile(r"^TCP:\[127\.0\.0\.1:(\d+)\]$")


@dataclass(frozen=True)
class Contact:
    """An address that a process connected to, or sent a datagram to."""

    thread: str
    protocol: str
    address: IPv4Address | IPv6Address
    port: int

    @property
    def is_by_gannet(self) -> bool:
        return _is_gannets(self.thread)

    def __str__(self) -> str:
        return f"{self.thread}: {self.protocol} to {self.address} port {self.port}"


@dataclass(frozen=True)
class Traffic:
    contacts: frozenset[Contact]
    gate_ports: frozenset[int]
    """Where gannet's proxy listened."""

    def by_browser_past_the_gates(self) -> set[Contact]:
        return {c for c in self.contacts if not c.is_by_gannet
                and not (c.protocol == "tcp" and str(c.address) == "127.0.0.1" and c.port in self.gate_ports)}

    def by_gannet(self) -> set[Contact]:
        return {c for c in self.contacts if c.is_by_gannet}


class TracedGannet:
    """A program for GANNET that runs the real one traced, with its standard error in a file; both can be read while it runs."""

    def __init__(self, gannet: Path):
        self._folder = tempfile.TemporaryDirectory(prefix="gannet-test-trace.")
        folder = Path(self._folder.name)
        self.log = folder / "strace"
        self.stderr = folder / "stderr"
        self.path = folder / "gannet"
        command = shlex.join([*_COMMAND, "-o", str(self.log), str(gannet)])
        self.path.write_text(f'#!/bin/sh\nexec {command} "$@" 2>{shlex.quote(str(self.stderr))}\n')
        os.chmod(self.path, 0o755)

    def close(self) -> None:
        self._folder.cleanup()

    def said(self) -> str:
        return self.stderr.read_text(errors="replace") if self.stderr.exists() else ""

    def traffic(self) -> Traffic:
        contacts, gates = set(), set()
        for line in self.log.read_text(errors="replace").splitlines():
            if not (call := _CALL.match(line)):
                continue
            if call["call"].startswith("accept"):
                if _is_gannets(call["thread"]) and (listener := _LISTENER.match(call["socket"] or "")):
                    gates.add(int(listener[1]))
            elif contact := _contact(call):
                contacts.add(contact)
        return Traffic(frozenset(contacts), frozenset(gates))


def _is_gannets(thread: str) -> bool:
    # strace may go on calling a process as it was called before gannet was executed in it.
    return thread.startswith("gannet") or thread in ("sh", "unshare")


def _contact(call: re.Match) -> Contact | None:
    """Connecting a datagram socket sends nothing (Chromium learns so whether IPv6 has a route); what is sent through it counts. A socket
    that strace may not look up, in another user namespace, counts as TCP."""
    socket = call["socket"] or ""
    is_udp = socket.startswith("UDP")
    if is_udp and call["call"] == "connect":
        return None
    if named := _V4.search(call["rest"]) or _V6.search(call["rest"]):
        port, address = int(named[1]), named[2]
    elif is_udp and (peer := _PEER.search(socket)):
        port, address = int(peer[2]), peer[1].strip("[]")
    else:
        return None
    return Contact(call["thread"], "udp" if is_udp else "tcp", ip_address(address), port)
