"""Sockets on addresses that a scan may not reach. Whoever connects to one, or sends it a datagram, has got round the guard."""

import selectors
import socket
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Canary:
    """A TCP and a UDP socket on one address and port."""

    name: str
    address: str
    port: int

    @property
    def literal(self) -> str:
        """Host and port as a URL has them."""
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"


class Canaries:
    """Listens on all its addresses until `close()`, answers nothing, and remembers who sang: ("tcp" | "udp", canary name)."""

    def __init__(self, addresses: Iterable[tuple[str, str]]):
        self._sung: set[tuple[str, str]] = set()
        self._changed = threading.Condition()
        self._selector = selectors.DefaultSelector()
        self._wake, self._woken = socket.socketpair()
        self._selector.register(self._woken, selectors.EVENT_READ, None)
        self.all: dict[str, Canary] = {}
        for name, address in addresses:
            self.all[name] = self._listen(name, address)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def restart(self) -> None:
        with self._changed:
            self._sung.clear()

    def sung(self) -> set[tuple[str, str]]:
        with self._changed:
            return set(self._sung)

    def close(self) -> None:
        self._wake.close()
        self._thread.join()
        for key in list(self._selector.get_map().values()):
            key.fileobj.close()

    def _listen(self, name: str, address: str) -> Canary:
        """Both sockets on one port, which no other canary has: the kernel gives one out again on another address. UDP is bound second: a
        port that is free for TCP may be taken there."""
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        while True:
            tcp = socket.create_server((address, 0), family=family, backlog=64)
            udp = socket.socket(family, socket.SOCK_DGRAM)
            try:
                port = tcp.getsockname()[1]
                if port in {canary.port for canary in self.all.values()}:
                    raise OSError(f"port {port} belongs to another canary")
                udp.bind((address, port))
            except OSError:
                tcp.close()
                udp.close()
                continue
            self._selector.register(tcp, selectors.EVENT_READ, self._accept(name))
            self._selector.register(udp, selectors.EVENT_READ, self._receive(name))
            return Canary(name, address, port)

    def _accept(self, name: str) -> Callable[[socket.socket], None]:
        def take(listener: socket.socket) -> None:
            listener.accept()[0].close()
            self._sing("tcp", name)
        return take

    def _receive(self, name: str) -> Callable[[socket.socket], None]:
        def take(datagrams: socket.socket) -> None:
            datagrams.recvfrom(2048)
            self._sing("udp", name)
        return take

    def _sing(self, kind: str, name: str) -> None:
        with self._changed:
            self._sung.add((kind, name))
            self._changed.notify_all()

    def _run(self) -> None:
        while True:
            for key, _ in self._selector.select():
                if key.data is None:
                    return
                key.data(key.fileobj)
