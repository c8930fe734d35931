"""Pages that mean harm: bodies without end, floods, bombs, loops. Each has a host NAME.hostile.test and declares how its visit ends.

They are written for scans with `PARAMS`. What they do in reports is sites/hostile_names.py.

Each meets one bound, or none, whatever the speed of the machine: what is counted (bytes, requests, entries) is far over its bound, what
takes time is far under its budget or has no end."""

import socket
import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from harness.server import Request, Response, Route, Routes

from .pieces import page, script

_ALL_VENDORS = "CO5rKAAO5rKAAAFABAENBkEgAAAAAAAAAAYn__wAYAAA_____8AGAAP__gAA"
"""A TCF string: vendors 1 to 65535 in one range, for consent and for legitimate interest."""
PARAMS = {"timeout": 30_000, "wait_for_dynamic_content": 1, "max_retries": 0}
PARAMS_OF_ENDLESS = PARAMS | {"timeout": 5000}
"""For pages of which some never finish loading: whoever waits for them waits so long."""
_MIB = 1 << 20
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n"
_CHUNKED = _HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
_START = b'<!doctype html><link rel="icon" href="data:,"><title>Hostile</title><p>Begun'
_RAW_SECONDS_MAX = 60


@dataclass(frozen=True)
class HostilePage:
    """How a visit of it must end: with the status `ends`; unless that is ok, the reason says `says`; `facts` are kinds of facts that must be
    there."""

    name: str
    routes: dict[str, Route]
    ends: str = "ok"
    says: str = ""
    facts: tuple[str, ...] = ()
    scheme: str = "http"
    port_of: str = ""
    """The scheme whose port is asked, where it is another one's."""

    @property
    def host(self) -> str:
        return f"{self.name.replace('_', '-')}.hostile.test"


def _raw(parts: Callable[[], Iterable[bytes]], *, seconds_between: float = 0, is_reset: bool = False) -> Route:
    """Writes an answer piece by piece, until the peer leaves or the pieces end. `is_reset`: ends with RST instead of FIN."""

    def route(request: Request) -> Response:
        end = time.monotonic() + _RAW_SECONDS_MAX
        pause = threading.Event()
        try:
            for part in parts():
                request.connection.sendall(part)
                if seconds_between:
                    pause.wait(seconds_between)
                if time.monotonic() > end:
                    break
            if is_reset:
                # The bytes are to arrive first; the peer reads what is in its buffer until the reset comes.
                pause.wait(0.3)
                request.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                request.connection.close()
        except OSError:
            pass
        return Response(None)

    return route


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def _for_ever(part: bytes) -> Iterator[bytes]:
    while True:
        yield part


def _endless() -> Iterator[bytes]:
    yield _CHUNKED + _chunk(_START)
    yield from _for_ever(_chunk(b"<p>and on"))


def _drip() -> Iterator[bytes]:
    yield _CHUNKED + _chunk(_START)
    yield from _for_ever(_chunk(b"."))


def _drip_of_headers() -> Iterator[bytes]:
    yield _HEAD
    yield from _for_ever(b"X: x\r\n")


def _headers_only() -> Iterator[bytes]:
    yield _CHUNKED
    yield from _for_ever(b"")


def _silence() -> Iterator[bytes]:
    yield from _for_ever(b"")


def _cut() -> Iterator[bytes]:
    yield _CHUNKED + _chunk(_START) + _chunk(b"x" * 4096)


def _short() -> Iterator[bytes]:
    yield _HEAD + b"Content-Length: 100000\r\n\r\n" + _START


def _garbage() -> Iterator[bytes]:
    yield bytes(range(256)) * 16


_MEGABYTE = b"<!--" + b"x" * _MIB + b"-->"
"""Nothing that is drawn: the browser is not to fail on it before its size is met."""


def _gigabyte() -> Iterator[bytes]:
    yield _CHUNKED + _chunk(_START)
    part = _chunk(_MEGABYTE)
    for _ in range(1024):
        yield part


def _bomb() -> Iterator[bytes]:
    """1 MB that unpacks to 1 GB. After a full flush equal input gives equal output, so one block is made and repeated."""
    packer = zlib.compressobj(9, wbits=31)
    yield _HEAD + b"Content-Encoding: gzip\r\n\r\n"
    yield packer.compress(_START) + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(_MEGABYTE) + packer.flush(zlib.Z_FULL_FLUSH)
    for _ in range(1024):
        yield block


def _header_flood() -> Iterator[bytes]:
    yield _HEAD + b"".join(b"X-%d: %s\r\n" % (n, b"x" * 1000) for n in range(1000)) + b"\r\n" + _START


def _redirect_circle(request: Request) -> Response:
    count = int(request.exchange.query.get("n", "0")) + 1
    return Response(status=302, headers={"Location": f"/?n={count}"}, cookies=[f"hop{count}=1; Path=/"])


def _refresh_circle(request: Request) -> Response:
    count = int(request.exchange.query.get("n", "0")) + 1
    return page("<h1>On</h1>", head=f'<meta http-equiv="refresh" content="0; url=/?n={count}">', secure=False)(request)


def _password(request: Request) -> Response:
    return Response("<h1>Who are you?</h1>", status=401, headers={"WWW-Authenticate": 'Basic realm="<b>hostile</b>"'})


def _file(request: Request) -> Response:
    return Response(b"\0" * 1000, type="application/octet-stream", headers={"Content-Disposition": 'attachment; filename="../../a.bin"'})


def _nested(request: Request) -> Response:
    depth = int(request.exchange.query.get("n", "0")) + 1
    inner = f'<iframe src="/?n={depth}"></iframe>' if depth < 40 else ""
    return page(f"<p>{depth}</p>{inner}", secure=False)(request)


def _cookie_flood(request: Request) -> Response:
    part = request.exchange.query.get("n", "0")
    return Response("", type="image/gif", cookies=[f"c{part}_{n}=1; Path=/" for n in range(200)])


def _scripted(name: str, code: str, **options) -> HostilePage:
    """A page whose only script is `code`; it has a file of its own, so that attribution has something to name."""
    routes = {"/": page('<h1>Hostile</h1><script src="/hostile.js?v={{v}}"></script>', secure=False), "/hostile.js": script(code),
              **options.pop("routes", {})}
    return HostilePage(name, routes, **options)


_BUSY = "the page does not answer: it is busy with a script that does not end, or with more than it can show"
_UNLOADED = "the page never finished loading"
_TOO_MUCH_MEMORY = "Gannet ended the process of the page: it used"
_FULL = "the page's requests and writes fill more than 16.8 MB"
_TOO_LARGE = "the page's document is larger than 33.6 MB"
_NEVER_LOADED = {"ends": "partial", "says": _UNLOADED}

ANSWERS = (
    HostilePage("endless", {"/": _raw(_endless, seconds_between=0.005)}, scheme="https", **_NEVER_LOADED),
    HostilePage("drip", {"/": _raw(_drip, seconds_between=1)}, **_NEVER_LOADED),
    HostilePage("drip_of_headers", {"/": _raw(_drip_of_headers, seconds_between=1)}, ends="failed",
                says="no answer from drip-of-headers.hostile.test within 5 s"),
    HostilePage("headers_only", {"/": _raw(_headers_only, seconds_between=1)}, **_NEVER_LOADED),
    HostilePage("silence", {"/": _raw(_silence, seconds_between=1)}, ends="failed",
                says="no answer from silence.hostile.test within 5 s"),
    HostilePage("reset", {"/": _raw(_cut, is_reset=True)}, ends="partial", says="cut off"),
    HostilePage("reset_tunnel", {"/": _raw(_cut, is_reset=True)}, scheme="https", ends="partial", says="cut off"),
    HostilePage("short", {"/": _raw(_short)}, ends="partial", says="cut off"),
)

ODD_ANSWERS = (
    HostilePage("garbage", {"/": _raw(_garbage)}, ends="failed", says="what the site answers is no HTTP"),
    HostilePage("header_flood", {"/": _raw(_header_flood)}, ends="failed", says="64 KiB"),
    HostilePage("header_flood_tunnel", {"/": _raw(_header_flood)}, scheme="https", ends="failed",
                says="the headers of the answer are larger than a browser takes"),
    HostilePage("redirect_circle", {"/": _redirect_circle}, ends="failed", says="circle"),
    HostilePage("refresh_circle", {"/": _refresh_circle}),
    HostilePage("password", {"/": _password}, ends="blocked", says="401"),
    HostilePage("file", {"/": _file}, ends="failed", says="download"),
    HostilePage("no_tls", {"/": page("<h1>Plain</h1>")}, ends="failed", says="TLS", scheme="https", port_of="http"),
)

GIANTS = (
    HostilePage("gigabyte", {"/": _raw(_gigabyte)}, ends="failed", says=_TOO_LARGE),
    HostilePage("bomb", {"/": _raw(_bomb)}, scheme="https", ends="failed", says=_TOO_LARGE),
    # At a pace at which the machine is not out of memory before anybody looks.
    _scripted("array_buffers", """
for (const kept = [];;) {
  kept.push(new Uint8Array(32 << 20).fill(1));
  for (const end = Date.now() + 50; Date.now() < end;);
}""", ends="failed", says=_TOO_MUCH_MEMORY),
    # Not drawn, since that takes as long as the machine is slow.
    _scripted("nodes", """
const all = Object.assign(document.createElement("div"), {hidden: true});
for (let n = 0; n < 400000; ++n) all.append(document.createElement("b"));
document.body.append(all);"""),
)

NUISANCES = (
    _scripted("dialogs", 'for (let n = 0; n < 50; ++n) { alert("a" + n); confirm("b" + n); prompt("c" + n); }', facts=("dialog",)),
    _scripted("unload", 'addEventListener("beforeunload", event => { event.preventDefault(); event.returnValue = "stay"; }); alert();'),
    _scripted("popups", 'for (let n = 0; n < 50; ++n) open("/popup?n=" + n);', facts=("popup",),
              routes={"/popup": page("<h1>Up</h1>", secure=False)}),
    _scripted("print", "for (let n = 0; n < 50; ++n) print();"),
    _scripted("downloads", """
for (let n = 0; n < 100; ++n) {
  document.body.appendChild(Object.assign(document.createElement("a"), {href: "/file?n=" + n, download: "f"})).click();
}
""", routes={"/file": _file}),
    _scripted("data_url", 'location = "data:text/html,<h1>data</h1>";'),
    _scripted("blob_url", """
const text = "<h1>blob</h1><script>document.cookie = 'b=1'</" + "script>";
location = URL.createObjectURL(new Blob([text], {type: "text/html"}));"""),
)

FLOODS = (
    _scripted("push_state", 'for (let n = 0; n < 100000; ++n) { try { history.pushState(n, "", "/?n=" + n); } catch {} }'),
    _scripted("hashes", "let n = 0; const on = () => { location.hash = ++n; if (n < 5000) setTimeout(on); }; on();"),
    _scripted("console", 'for (let n = 0; n < 2000; ++n) console.log("line " + n, {n}, [n]);'),
    # So many that the record's bound is met, and so few that the renderer's memory is not.
    _scripted("requests", 'for (let n = 0; n < 6000; ++n) fetch("/x?n=" + n).catch(() => 0);',
              ends="partial", says="the page made more than 5000 requests", routes={"/x": script("")}),
)

HEAPS = (
    _scripted("cookies", """
for (let n = 0; n < 50; ++n) new Image().src = "/c?n=" + n;
for (let n = 0; n < 10000; ++n) document.cookie = "s" + n + "=1";""", ends="partial", says="the page wrote more than 5000 cookies", routes={"/c": _cookie_flood}),
    _scripted("storage", """
for (let n = 0; n < 10000; ++n) { localStorage.setItem("l" + n, "v"); sessionStorage["s" + n] = "v"; }
try { localStorage.big = "x".repeat(5 << 20); } catch {}
for (let n = 0; n < 300; ++n) { indexedDB.open("d" + n); if (window.caches) caches.open("c" + n); }""", ends="partial", says="the page stored more than 5000 entries"),
    _scripted("frames", """
for (let n = 0; n < 100; ++n) document.body.append(Object.assign(document.createElement("iframe"), {srcdoc: "<p>" + n}));
"""),
    HostilePage("nested", {"/": _nested}),
)

LONG_TEXTS = (
    _scripted("long_cookies", """
for (let n = 0; n < 2000; ++n) document.cookie = "n".repeat(4000) + n + "=1";
document.cookie = "x".repeat(30 << 20);
document.cookie = "\\u0001".repeat(8 << 20);""", ends="partial", says=_FULL),
    _scripted("long_addresses", 'for (let n = 0; n < 5; ++n) fetch("/" + "u".repeat(1900000) + n).catch(() => 0);', routes={"/*": script("")}),
    _scripted("long_lines", 'console.log("x".repeat(30 << 20)); console.log(...Array(60000).fill(0));'),
    _scripted("long_body", 'fetch("/", {method: "POST", body: "x".repeat(33 << 20)}).catch(() => 0);',
              ends="partial", says="the browser sent a message over 32 MiB, which was not read"),
    _scripted("long_data", 'for (const n of [31, 60]) new Image().src = "data:image/gif;base64," + "A".repeat(n << 20);'),
    _scripted("long_stack", """
let code = "";
for (let n = 0; n < 40; ++n) code = "(function f" + n + "() {" + (code || 'document.cookie = "deep=1"') + "})()";
eval(code + "\\n//# sourceURL=https://x.test/" + "u".repeat(700000));"""),
    _scripted("long_members", """
const wide = {};
for (let n = 0; n < 200000; ++n) wide["m".repeat(100) + n] = n;
for (let n = 0; n < 4; ++n) console.log(wide, Array(100).fill(wide));
localStorage.setItem("k".repeat(1 << 20), "v".repeat(1 << 20));"""),
)


def _to_first_visitor(hostile: HostilePage) -> HostilePage:
    """Hostile to the browser context that asks first; the others get a harmless page."""
    harmful, harmless = hostile.routes["/"], page("<h1>Harmless</h1>", title="Harmless", secure=False)
    return replace(hostile, routes={**hostile.routes, "/": lambda request: (harmful if request.visitor == 1 else harmless)(request)})


NEIGHBOURS = tuple(_to_first_visitor(one) for one in (
    _scripted("workers", 'for (let n = 0; n < 8; ++n) new Worker("/worker.js?v={{v}}");',
              routes={"/worker.js": script("for (;;) Math.sqrt(2);")}),
    _scripted("script_loop", "for (;;);", ends="partial", says=_BUSY),
    _scripted("dialog_loop", 'for (;;) alert("again");', ends="partial", says=_BUSY, facts=("dialog",)),
))

FINE = HostilePage("fine", {"/": page("<h1>Fine</h1>", secure=False)})
FINE_AFTERWARDS = replace(FINE, name="fine_afterwards")
GROUPS: dict[str, tuple[HostilePage, ...]] = {
    "answers": ANSWERS, "odd answers": ODD_ANSWERS, "giants": GIANTS, "nuisances": NUISANCES, "floods": FLOODS, "heaps": HEAPS,
    "long texts": LONG_TEXTS}

_HOARD = """
const seed = location.pathname.slice(1);
let code = "work()";
for (let n = 0; n < 28; ++n) code = "(function f" + n + "_" + "n".repeat(200) + "() {" + code + "})()";
const deep = Function("work", code);
for (let n = 0; n < 400; ++n) {
  const name = "_hjSession_" + seed + n;
  deep(() => { document.cookie = name + "=" + Math.random() + Math.random() + "; max-age=9999999"; });
  deep(() => { localStorage.setItem("\\u0001".repeat(2000) + n, "v"); });
  deep(() => fetch("/" + "u".repeat(7000) + n).catch(() => 0));
}
for (let n = 0; n < 50; ++n) sessionStorage.setItem("tcf" + n, "TCF");
for (let n = 0; n < 1500; ++n) document.body.append(Object.assign(document.createElement("a"), {href: "/" + "l".repeat(2000) + n}));
""".replace("TCF", _ALL_VENDORS)
"""Whatever a record can be filled with, in a moment: names and stacks that findings quote, texts that JSON makes six times as long, a consent
string that names all vendors, addresses."""

HOARD = _scripted("hoard", _HOARD, ends="partial", says="the rest is not recorded")
HOARD.routes["/*"] = HOARD.routes["/"]
HOARD_PAGES = 4

ALL = [FINE, FINE_AFTERWARDS, HOARD, *NEIGHBOURS, *(one for group in GROUPS.values() for one in group)]
SITES: list = []
ROUTES: Routes = {(one.host, path): route for one in ALL for path, route in one.routes.items()}
