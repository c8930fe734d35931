"""What the test server saw. The log decides: a report that disagrees with it is wrong."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Exchange:
    """One request and the answer it got."""

    at: float
    scheme: str
    host: str
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    cookies: dict[str, str]
    visitor: int | None
    status: int = 0
    set_cookies: tuple[str, ...] = ()

    def __str__(self) -> str:
        sent = f" sent {sorted(self.cookies)}" if self.cookies else ""
        kept = f" set {[line.split('=')[0] for line in self.set_cookies]}" if self.set_cookies else ""
        return f"v{self.visitor or '-'} {self.method} {self.scheme}://{self.host}{self.path} {self.status}{sent}{kept}"


@dataclass
class ServerLog:
    """All exchanges since the last `restart()`, in the order in which they were answered. Used from many threads."""

    _exchanges: list[Exchange] = field(default_factory=list)
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _visitors: int = 0

    def restart(self) -> None:
        """Forgets everything and numbers visitors from 1 again."""
        with self._changed:
            self._exchanges = []
            self._visitors = 0

    def add(self, exchange: Exchange) -> None:
        with self._changed:
            self._exchanges.append(exchange)
            self._changed.notify_all()

    def next_visitor(self) -> int:
        with self._changed:
            self._visitors += 1
            return self._visitors

    def exchanges(self, *, host: str | None = None, path: str | None = None, visitor: int | None = None) -> list[Exchange]:
        with self._changed:
            return [e for e in self._exchanges if (host is None or e.host == host) and (path is None or e.path == path)
                    and (visitor is None or e.visitor == visitor)]

    def hosts(self) -> set[str]:
        return {e.host for e in self.exchanges()}

    def wait_for(self, condition: Callable[[list[Exchange]], bool], seconds: float) -> None:
        """Returns when `condition` holds of the exchanges so far; fails the test with the log after `seconds`."""
        end = time.monotonic() + seconds
        with self._changed:
            while not condition(list(self._exchanges)):
                if not self._changed.wait(end - time.monotonic()) and time.monotonic() >= end:
                    raise AssertionError(f"not seen by the server within {seconds} s; it saw:\n{self.text_locked()}")

    def text(self) -> str:
        with self._changed:
            return self.text_locked()

    def text_locked(self) -> str:
        return "\n".join(f"  {e}" for e in self._exchanges) or "  (no request)"


def parse_cookie_header(header: str) -> dict[str, str]:
    """Names and values as sent; the first of equal names wins, as the longest path comes first (RFC 6265 section 5.4)."""
    cookies: dict[str, str] = {}
    for part in header.split(";"):
        name, found, value = part.strip().partition("=")
        if found:
            cookies.setdefault(name, value)
    return cookies
