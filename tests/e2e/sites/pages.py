"""Sites about pages rather than cookies: several pages, failures, redirections by markup, and things that get in a visit's way."""

import threading

from harness.server import Request, Response, Route, Routes
from harness.truth import DAY, Cookie, Site, Storage, Truth, session_cookie

from .pieces import fresh, page, script, text_file


def _site(name: str, routes: dict[str, Route], *cookies: Cookie, storage: tuple[Storage, ...] = (), **options) -> Site:
    """A site NAME.test without a banner or third parties."""
    host = f"{name}.test"
    truth = Truth(cookies=(session_cookie(f"https://{host}"), *cookies), storage=storage)
    return Site(name, host, {(host, path): route for path, route in routes.items()}, {"untouched": truth}, **options)


def _own(name: str, site: str, path: str, **attributes) -> Cookie:
    host = f"{site}.test"
    return Cookie(name, host, f"https://{host}{path}", **attributes)


def _custom() -> Site:
    """A start page and others that nothing links to; each sets one cookie of its own."""
    def of(name: str) -> Cookie:
        return _own(f"{name}_page", "custom", f"/{name}", lifetime=DAY)

    routes = {f"/{name}": page(f"<h1>{name}</h1>", cookies=(of(name),)) for name in ("about", "contact", "missing", "broken")}
    routes["/missing"] = page("<h1>Not found</h1>", status=404)
    routes["/broken"] = page("<h1>Broken</h1>", status=500)
    return _site("custom", {"/": page("<h1>Start</h1>"), **routes}, is_plain_visit=False)


def _moved() -> Site:
    """The start page sends visitors on by meta refresh."""
    arrived = _own("arrived", "moved", "/there")
    left = _own("left", "moved", "/")
    return _site("moved", {"/": page("<h1>Moved</h1>", head='<meta http-equiv="refresh" content="0; url=/there">', cookies=(left,)),
                           "/there": page("<h1>Here</h1>", cookies=(arrived,))}, left, arrived)


def _slow() -> Site:
    """The document takes three seconds."""
    def answer(request: Request) -> Response:
        threading.Event().wait(3)
        return page("<h1>At last</h1>")(request)

    return _site("slow", {"/": answer})


def _busy() -> Site:
    """Requests never end: the page never falls silent."""
    ask = 'setInterval(() => fetch("/ping?v={{v}}"), 100);'
    return _site("busy", {"/": page('<script src="/ask.js?v={{v}}"></script>'), "/ask.js": script(ask), "/ping": script("")})


def _obstacle(name: str, code: str, **routes: Route) -> Site:
    """A page whose script does something that stops a person, and afterwards writes a cookie."""
    late = f'setTimeout(() => {{ document.cookie = "afterwards={fresh()}; path=/"; }}, 200);'
    return _site(name, {"/": page('<h1>Obstacle</h1><script src="/obstacle.js?v={{v}}"></script>'), "/obstacle.js": script(late + code),
                        **{f"/{path}": route for path, route in routes.items()}},
                 _own("afterwards", name, "/obstacle.js", kind="script"))


def _needs_password(request: Request) -> Response:
    return Response("who are you?", status=401, headers={"WWW-Authenticate": 'Basic realm="test"'})


def _download(request: Request) -> Response:
    return Response(b"\0" * 1000, type="application/octet-stream", headers={"Content-Disposition": 'attachment; filename="a.bin"'})


def _status(code: int) -> Site:
    """A start page that answers with an error of its own making."""
    return _site(f"status{code}", {"/": page(f"<h1>{code}</h1>", status=code)}, is_plain_visit=False)


def _recovering(request: Request) -> Response:
    """Answers 503 to the first request of all, then well."""
    if not request.server.log.exchanges(host=request.exchange.host):
        return Response("come again", status=503, headers={"Retry-After": "1"})
    return page("<h1>Recovered</h1>")(request)


def _probe() -> Site:
    host = "probe.test"
    return _site("probe", {"/": page(text_file("setter_probe.html")), "/seen": script("")},
                 Cookie("probe", host, f"https://{host}/", kind="script"),
                 storage=(Storage("localStorage", f"https://{host}", "probe", f"https://{host}/"),))


def _secrets() -> Site:
    """Personal values in every place that a report could quote."""
    mail = "jane.doe@private.example"
    code = f"""
document.cookie = "mail=" + encodeURIComponent("{mail}") + "; path=/";
localStorage.setItem("profile", JSON.stringify({{mail: "{mail}"}}));
fetch("/collect?mail=" + encodeURIComponent("{mail}") + "&v={{{{v}}}}", {{method: "POST", body: "{mail}"}});
history.replaceState(null, "", "/?mail=" + encodeURIComponent("{mail}") + "#" + encodeURIComponent("{mail}"));
console.log("{mail}");
"""
    return _site("secrets", {"/": page('<script src="/secrets.js?v={{v}}"></script>'), "/secrets.js": script(code), "/collect": script("")},
                 _own("mail", "secrets", "/secrets.js", kind="script"),
                 storage=(Storage("localStorage", "https://secrets.test", "profile", "https://secrets.test/secrets.js"),))


SITES = [
    _custom(), _moved(), _slow(), _busy(), _probe(), _secrets(),
    _obstacle("popup", 'open("/opened");', opened=page("<h1>Popup</h1>")),
    _obstacle("dialog", 'alert("hello"); confirm("sure?"); prompt("name?");'),
    _obstacle("download", 'location.href = "/file";', file=_download),
    _obstacle("password", """
fetch("/inner?v={{v}}");
document.body.append(Object.assign(document.createElement("iframe"), {src: "/inner?v={{v}}"}));
""", inner=_needs_password),
    _obstacle("unload", 'addEventListener("beforeunload", event => { event.preventDefault(); event.returnValue = "stay"; });'),
    _obstacle("permission", 'Notification.requestPermission(); navigator.geolocation.getCurrentPosition(() => {}, () => {});'),
    *[_status(code) for code in (403, 404, 429, 500)],
]

UNTRUSTED_HOSTS = ("expired.test", "selfsigned.test", "wrongname.test")
ROUTES: Routes = {("recovering.test", "/"): _recovering,
                  ("closed.test", "/"): lambda request: Response("come tomorrow", status=503, headers={"Retry-After": "3600"}),
                  **{(host, "/"): page("<h1>Never seen</h1>") for host in UNTRUSTED_HOSTS}}
