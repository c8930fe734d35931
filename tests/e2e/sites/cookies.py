"""Sites about single facts of cookies: how they are set, refused, deleted, limited, partitioned, and by whom."""

from email.utils import formatdate
from time import time

from harness.server import Request, Response, Routes, accept_websocket
from harness.truth import BROWSER_CAP, DAY, Blocked, Cookie, Site, Storage, Truth, session_cookie

from .pieces import fresh, page, pixel, script


def _site(name: str, host: str, routes: Routes, truth: Truth, *, scheme: str = "https", path: str = "/", **options) -> Site:
    """A site without a banner: the same in every state."""
    both = truth.plus(Truth(cookies=(session_cookie(f"{scheme}://{host}", options.pop("session_path", path)),)))
    return Site(name, host, routes, {"untouched": both, "rejected": Truth("no_banner").plus(both)}, scheme=scheme, path=path, **options)


def _many() -> Site:
    """Several Set-Cookie lines in one response; equal names on different paths and domains are different cookies."""
    host = "www.many.test"
    document = f"https://{host}/"
    cookies = (
        Cookie("one", host, document), Cookie("two", host, document, same_site="Strict", secure=True),
        Cookie("two", "many.test", document, host_only=False, http_only=True),
        Cookie("two", host, document, path="/deep", resent=False), Cookie("empty_path", host, document, lifetime=3600),
        Cookie("", host, document, resent=False))

    def start(request: Request) -> Response:
        response = page("<h1>Many cookies</h1>")(request)
        response.cookies += [cookie.line(fresh()) for cookie in cookies if cookie.name] + [f"={fresh()}; Path=/"]
        return response

    return _site("many", host, {(host, "/"): start}, Truth(cookies=cookies))


def _deletions() -> Site:
    """Cookies that come and go within one load, by HTTP and by script, and one that only seems to go (wrong path)."""
    host = "deletions.test"
    document = f"https://{host}/"
    by_script = f"https://{host}/come-and-go.js"
    kept = Cookie("stays", host, document, path="/")
    http = Cookie("gone_http", host, document, present=False, lifetime=DAY)
    text = """
document.cookie = "gone_js=%s; path=/; max-age=86400";
document.cookie = "gone_js=; path=/; max-age=0";
document.cookie = "stays=; path=/elsewhere; expires=Thu, 01 Jan 1970 00:00:00 GMT";
""" % fresh()
    routes: Routes = {
        (host, "/"): page('<script src="/come-and-go.js"></script><img src="/delete.gif?v={{v}}">', cookies=(kept, http)),
        (host, "/come-and-go.js"): script(text),
        (host, "/delete.gif"): lambda request: Response("", type="image/gif", cookies=["gone_http=; Path=/; Max-Age=0"])}
    return _site("deletions", host, routes, Truth(cookies=(
        kept, http, Cookie("gone_js", host, by_script, kind="script", present=False, lifetime=DAY))))


def _lifetimes() -> Site:
    """Max-Age, Expires, both, none, and more than a browser keeps."""
    host = "lifetimes.test"
    document = f"https://{host}/"
    ages = {"session": None, "hour": 3600, "cap_exact": BROWSER_CAP, "two_years": 730 * DAY}
    cookies = [Cookie(name, host, document, lifetime=age) for name, age in ages.items()]
    cookies += [Cookie("dated", host, document, lifetime=10 * DAY), Cookie("both", host, document, lifetime=3600),
                Cookie("far_date", host, document, lifetime=3650 * DAY), Cookie("odd_age", host, document)]

    def start(request: Request) -> Response:
        response = page("<h1>Lifetimes</h1>")(request)
        response.cookies += [cookie.line(fresh()) for cookie in cookies if cookie.name in ages]
        response.cookies += [f"dated={fresh()}; Path=/; Expires={formatdate(time() + 10 * DAY, usegmt=True)}",
                             f"both={fresh()}; Path=/; Expires={formatdate(time() + 10 * DAY, usegmt=True)}; Max-Age=3600",
                             f"far_date={fresh()}; Path=/; Expires={formatdate(time() + 3650 * DAY, usegmt=True)}",
                             f"odd_age={fresh()}; Path=/; Max-Age=1e3"]
        return response

    return _site("lifetimes", host, {(host, "/"): start}, Truth(cookies=tuple(cookies)))


def _bounce() -> Site:
    """Each hop of a redirect chain sets cookies, one of them on another site."""
    host = "bouncing.test"
    third = "bounce.adnet.example"
    hop = Cookie("hop", host, f"https://{host}/", lifetime=3600)
    bounce = Cookie("bounce_id", "adnet.example", f"https://{third}/go", host_only=False, lifetime=365 * DAY, party="third", resent=False)
    home = Cookie("home", host, f"https://{host}/home")

    def redirect(to: str, cookie: Cookie):
        return lambda request: Response("", status=302, cookies=[cookie.line(fresh())],
                                        headers={"Location": request.fill(to) + f"?v={request.visitor}"})

    routes: Routes = {
        (host, "/"): redirect(f"https://{third}:{{{{https}}}}/go", hop),
        (third, "/go"): redirect(f"https://{host}:{{{{https}}}}/home", bounce),
        (host, "/home"): page("<h1>At last</h1>", cookies=(home,))}
    return _site("bouncing", host, routes, Truth(cookies=(hop, bounce, home), third_parties={"adnet.example": "S0"}),
                 session_path="/home")


def _blocked() -> Site:
    """Writes that browsers refuse, with their reasons, in documents, cross-site responses and scripts."""
    host = "refusals.test"
    document = f"https://{host}/"
    pixel_url = "https://refused.metrics.example/p.gif"
    lines = {"none_insecure": ("SameSite=None", "SameSiteNoneInsecure"),
             "__Host-domain": (f"Secure; Path=/; Domain={host}", "InvalidPrefix"),
             "__Secure-insecure": ("Path=/", "InvalidPrefix"), "foreign": ("Domain=other.example", "InvalidDomain"),
             "suffix": ("Domain=test", "InvalidDomain"), "too_long": ("Path=/", "NameValuePairExceedsMaxSize")}
    cross = {"cross_lax": ("SameSite=Lax; Secure", "SchemefulSameSiteLax"),
             "cross_strict": ("SameSite=Strict; Secure", "SchemefulSameSiteStrict"),
             "cross_plain": ("Secure", "SchemefulSameSiteUnspecifiedTreatedAsLax")}

    def start(request: Request) -> Response:
        response = page('<img src="https://refused.metrics.example:{{https}}/p.gif?v={{v}}"><script src="/refused.js"></script>')(request)
        response.cookies += [f"{name}={fresh() * (140 if name == 'too_long' else 1)}; {rest}" for name, (rest, _) in lines.items()]
        return response

    def cross_pixel(request: Request) -> Response:
        response = pixel()(request)
        response.cookies = [f"{name}={fresh()}; {rest}" for name, (rest, _) in cross.items()]
        return response

    routes: Routes = {
        (host, "/"): start, ("refused.metrics.example", "/p.gif"): cross_pixel,
        (host, "/refused.js"): script(f'document.cookie = "js_foreign={fresh()}; domain=other.example; path=/";')}
    refused = tuple(Blocked(name, reason, document) for name, (_, reason) in lines.items())
    refused += tuple(Blocked(name, reason, pixel_url) for name, (_, reason) in cross.items())
    refused += (Blocked("js_foreign", "", f"https://{host}/refused.js", kind="script"),)
    return _site("refusals", host, routes, Truth(blocked=refused, third_parties={"metrics.example": "S0"}))


def _insecure() -> Site:
    """Plain HTTP: Secure cookies are refused, others are kept."""
    host = "insecure.test"
    document = f"http://{host}/"
    kept = Cookie("kept", host, document, lifetime=3600)

    def start(request: Request) -> Response:
        response = page("<h1>No TLS</h1>", secure=False, cookies=(kept,))(request)
        response.cookies.append(f"wants_tls={fresh()}; Secure")
        return response

    return _site("insecure", host, {(host, "/"): start},
                 Truth(cookies=(kept,), blocked=(Blocked("wants_tls", "SecureOnly", document),)), scheme="http")


def _partitioned() -> Site:
    """CHIPS: the same third party with a partitioned and an unpartitioned cookie of one name, by HTTP and by script."""
    host = "partitions.test"
    frame = "https://chips.metrics.example/frame.html"
    shared = dict(party="third", secure=True, same_site="None")
    cookies = (
        Cookie("chip", "chips.metrics.example", frame, partition_key=f"https://{host}", lifetime=DAY, **shared),
        Cookie("chip", "chips.metrics.example", frame, lifetime=DAY, **shared),
        Cookie("__Host-js_chip", "chips.metrics.example", frame, kind="script", partition_key=f"https://{host}", **shared))
    inline = f'<script>document.cookie = "__Host-js_chip={fresh()}; path=/; secure; samesite=none; partitioned"</script>'
    routes: Routes = {
        (host, "/"): page('<iframe src="https://chips.metrics.example:{{https}}/frame.html?v={{v}}"></iframe>'),
        ("chips.metrics.example", "/frame.html"):
            lambda request: Response("<!doctype html>" + inline, cookies=[c.line(fresh()) for c in cookies if c.kind == "http"])}
    return _site("partitions", host, routes, Truth(cookies=cookies, third_parties={"metrics.example": "S0"}))


def _workers() -> Site:
    """A service worker that sets a cookie, requests from workers and a WebSocket, and a cache."""
    host = "workers.test"
    shared = dict(party="third", secure=True, same_site="None")
    service = """
self.cookieStore.set({name: "sw_at_once", value: "%s", sameSite: "lax"});
self.addEventListener("activate", event => event.waitUntil((async () => {
  await self.cookieStore.set({name: "sw_cookie", value: "%s", sameSite: "lax"});
  await fetch("https://service.metrics.example:{{https}}/hit?v={{v}}", {mode: "no-cors", credentials: "include"});
})()));
""" % (fresh(), fresh())
    worker = 'fetch("https://worker.metrics.example:{{https}}/hit?v={{v}}", {mode: "no-cors", credentials: "include"});'
    start = """
navigator.serviceWorker.register("/service.js?v={{v}}");
new Worker("/worker.js?v={{v}}");
new SharedWorker("/shared.js?v={{v}}");
caches.open("shop-assets").then(cache => cache.put("/kept", new Response("kept")));
new WebSocket("wss://socket.metrics.example:{{https}}/live?v={{v}}");
"""
    hits = {name: Cookie(f"{name}_hit", f"{name}.metrics.example", f"https://{name}.metrics.example/hit", resent=False, **shared)
            for name in ("service", "worker")}
    # Chromium gives no response headers of a shared worker's requests: the jar has the cookie, nobody saw who set it.
    hits["shared"] = Cookie("shared_hit", "shared.metrics.example", "https://shared.metrics.example/hit", observed=False, resent=False, **shared)
    routes: Routes = {
        (host, "/"): page('<script src="/start.js?v={{v}}"></script>'), (host, "/start.js"): script(start),
        (host, "/service.js"): script(service), (host, "/worker.js"): script(worker),
        (host, "/shared.js"): script(worker.replace("worker.metrics", "shared.metrics")),
        ("socket.metrics.example", "/live"): _websocket}
    routes |= {(f"{name}.metrics.example", "/hit"): pixel(cookie) for name, cookie in hits.items()}
    started = f"https://{host}/start.js"
    return _site("workers", host, routes, Truth(
        cookies=(*hits.values(), *(Cookie(name, host, f"https://{host}/service.js", kind="script", method="cookieStore.set",
                                          same_site="Lax", secure=True) for name in ("sw_at_once", "sw_cookie"))),
        storage=(Storage("serviceWorker", f"https://{host}", f"https://{host}/service.js", None),
                 Storage("CacheStorage", f"https://{host}", "shop-assets", started)),
        third_parties={"metrics.example": "S0"}))


def _websocket(request: Request) -> Response:
    accept_websocket(request)
    return Response(body=None, status=101)


def _parties() -> list[Site]:
    """What is third party is a matter of registrable domains, neither of endings nor of the last two labels."""
    cases = {"shop.example-one.com": ("cdn.example-one.com", "evilexample-one.com"), "www.one.co.uk": ("img.one.co.uk", "two.co.uk"),
             "alice.github.io": ("assets.alice.github.io", "bob.github.io"),
             "www.xn--mller-kva.example": ("cdn.xn--mller-kva.example", "mller.example")}
    sites = []
    for host, (own, foreign) in cases.items():
        shared = dict(secure=True, same_site="None", lifetime=DAY)
        cookies = (Cookie("own", own, f"https://{own}/p.gif", **shared),
                   Cookie("foreign", foreign, f"https://{foreign}/p.gif", party="third", **shared))
        body = "".join(f'<img src="https://{h}:{{{{https}}}}/p.gif?v={{{{v}}}}">' for h in (own, foreign))
        routes: Routes = {(host, "/"): page(body), (own, "/p.gif"): pixel(cookies[0]), (foreign, "/p.gif"): pixel(cookies[1])}
        sites.append(_site(f"party-{host}", host, routes, Truth(cookies=cookies, third_parties={foreign: "S0"})))
    return sites


def _storage() -> Site:
    """Every way to write to storage, by hand and by property, kept, overwritten, removed and cleared."""
    host = "storage.test"
    origin = f"https://{host}"
    by = f"{origin}/write.js"
    code = """
localStorage.setItem("by_call", "1");
localStorage.by_property = "2";
localStorage["by_index"] = "3";
localStorage.setItem("removed", "4");
localStorage.removeItem("removed");
sessionStorage.setItem("tab", "5");
Object.defineProperty(sessionStorage, "by_definition", {value: "6"});
indexedDB.open("database").onupgradeneeded = event => event.target.result.createObjectStore("rows").put("7", "row");
indexedDB.open("dropped").onsuccess = event => { event.target.result.close(); indexedDB.deleteDatabase("dropped"); };
caches.open("assets").then(cache => cache.put("/kept", new Response("8")));
"""
    routes: Routes = {(host, "/"): page('<script src="/write.js"></script>'), (host, "/write.js"): script(code)}
    return _site("storage", host, routes, Truth(storage=(
        Storage("localStorage", origin, "by_call", by), Storage("localStorage", origin, "by_property", None),
        Storage("localStorage", origin, "by_index", None), Storage("localStorage", origin, "removed", by, present=False),
        Storage("sessionStorage", origin, "tab", by), Storage("sessionStorage", origin, "by_definition", None),
        Storage("IndexedDB", origin, "database", by), Storage("IndexedDB", origin, "dropped", by, present=False),
        Storage("CacheStorage", origin, "assets", by))))


SITES = [_storage(), _many(), _deletions(), _lifetimes(), _bounce(), _blocked(), _insecure(), _partitioned(), _workers(), *_parties()]
