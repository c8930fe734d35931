"""How a site declares what it does: cookies, storage and third parties of each consent state. URLs here have no port and no query."""

from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from .server import VISITOR_COOKIE, Routes

STATES = ("untouched", "rejected", "accepted")
DAY = 86400
BROWSER_CAP = 400 * DAY


@dataclass(frozen=True)
class Cookie:
    """A cookie that a browser keeps, with the write that made it first."""

    name: str
    domain: str
    by: str
    kind: str = "http"
    phase: str = "S0"
    host_only: bool = True
    path: str = "/"
    secure: bool = False
    http_only: bool = False
    same_site: str = "unspecified"
    lifetime: int | None = None
    party: str = "first"
    partition_key: str | None = None
    method: str = ""
    present: bool = True
    """Still there at the end of the state."""
    resent: bool = True
    """Some later request of the same visitor shows it to the server."""
    by_gannet: bool = False
    observed: bool = True
    """The browser tells who wrote it; otherwise the writer must be reported as unknown."""

    @property
    def key(self) -> tuple[str, str, bool, str, str | None]:
        return (self.name, self.domain, self.host_only, self.path, self.partition_key)

    @property
    def written_with(self) -> str:
        return self.method or {"http": "Set-Cookie", "script": "document.cookie"}.get(self.kind, "")

    @property
    def kept_lifetime(self) -> int | None:
        return None if self.lifetime is None else min(self.lifetime, BROWSER_CAP)

    def line(self, value: str) -> str:
        """The Set-Cookie line that makes it."""
        parts = [f"{self.name}={value}", f"Path={self.path}"]
        parts += [] if self.host_only else [f"Domain={self.domain}"]
        parts += [] if self.lifetime is None else [f"Max-Age={self.lifetime}"]
        parts += [] if self.same_site == "unspecified" else [f"SameSite={self.same_site}"]
        parts += ["Secure"] if self.secure else []
        parts += ["HttpOnly"] if self.http_only else []
        parts += ["Partitioned"] if self.partition_key else []
        return "; ".join(parts)


@dataclass(frozen=True)
class Storage:
    """An entry of localStorage or sessionStorage, a database, a cache or a service worker."""

    area: str
    origin: str
    key: str
    by: str | None
    """None: who wrote it is not compared."""
    kind: str = "script"
    phase: str = "S0"
    party: str = "first"
    present: bool = True
    """Still there at the end of the state."""

    @property
    def identity(self) -> tuple[str, str, str]:
        return (self.area, self.origin, self.key)


@dataclass(frozen=True)
class Blocked:
    """A write that the browser refuses, with Chromium's reason (empty: Chromium gives none, any will do)."""

    name: str
    reason: str
    by: str
    kind: str = "http"
    phase: str = "S0"


@dataclass(frozen=True)
class Truth:
    """All of one consent state."""

    consent: str = "not_attempted"
    cookies: tuple[Cookie, ...] = ()
    storage: tuple[Storage, ...] = ()
    blocked: tuple[Blocked, ...] = ()
    third_parties: dict[str, str] = field(default_factory=dict)
    """Registrable domain to the phase of its first request."""
    has_passing: bool = False
    """Cookies and entries that are gone at the end, and refused writes, are not declared (libraries try what a browser allows)."""

    def plus(self, *others: "Truth") -> "Truth":
        """This one's consent result with everything of the others added."""
        result = self
        for other in others:
            result = replace(result, cookies=result.cookies + other.cookies, storage=result.storage + other.storage,
                             blocked=result.blocked + other.blocked, third_parties={**other.third_parties, **result.third_parties})
        return result


@dataclass(frozen=True)
class Site:
    """A start page with everything behind it. `accept` and `reject` are the clicks (CSS, one after another) of a person who does what
    the state says; the reference browser makes them, gannet has to find them itself."""

    name: str
    host: str
    routes: Routes
    truth: dict[str, Truth]
    scheme: str = "https"
    path: str = "/"
    accept: tuple[str, ...] = ()
    reject: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    platform: str = ""
    """What the report calls the consent manager, where it should know it (compared without case)."""
    exit_code: int = 0
    """Of a scan in all declared states."""
    is_plain_visit: bool = True
    """A visit by the reference browser shows the declared jar (not so where dialogs, popups or failures are the point)."""

    @property
    def hosts(self) -> set[str]:
        return {host for host, _ in self.routes}

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.host}"


def session_cookie(site_origin: str, path: str = "/") -> Cookie:
    """What every test site sets with its first document: necessary, and it tells the visitor (see server.visitor_cookie)."""
    url = urlsplit(site_origin)
    return Cookie(VISITOR_COOKIE, url.hostname or "", site_origin + path, http_only=True, same_site="Lax", secure=url.scheme == "https")


def plain_url(url: str) -> str:
    """Without port, query and fragment, so that it can be compared with a declaration."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https", "ws", "wss", "blob"):
        return url
    return f"{parts.scheme}://{parts.hostname}{parts.path}"
