"""The pages that both tools scan: sites of the end-to-end tests, and a heavy one that only measurements need."""

from harness.server import Response, Routes
from harness.truth import DAY, Cookie, Site, Truth, session_cookie
from sites.pieces import fresh, page, pixel, script, text_file
from sites.tag import TAG_URL, tag_truth, widget_routes

DEFAULT = ("leaky", "klaro", "heavy")

_ARTICLES = 160
_MODULES = 40
_MODULE_BYTES = 20_000
_VENDORS = 20
_PIXELS_PER_VENDOR = 3


def make_heavy() -> Site:
    """A shop as big ones are: some 260 requests in a load, a few thousand elements, twenty vendors that set a cookie each before any
    choice, and a banner that guards the tag."""
    host = "shop-heavy.test"
    modules = "".join(f'<script src="/module{n}.js"></script>' for n in range(_MODULES))
    articles = "".join(f'<article><img src="/article{n}.svg" width="80" height="60" alt=""><h2>Article {n}</h2>'
                       + "<p>" + "<span>word</span> " * 15 + "</p></article>" for n in range(_ARTICLES))
    pixels = "".join(f'<img src="https://{_vendor(v)}:{{{{https}}}}/p{n}.gif?v={{{{v}}}}" alt="">'
                     for v in range(_VENDORS) for n in range(_PIXELS_PER_VENDOR))
    banner = f'<script src="/banner.js" data-tags="{TAG_URL}"></script>'
    routes: Routes = {(host, "/"): page(f"<h1>Shop</h1>{articles}{pixels}{banner}", head=modules),
                      (host, "/banner.js"): script(text_file("banner.js")), **widget_routes(host)}
    filler = f"window.modules = (window.modules ?? 0) + 1; // {fresh() * (_MODULE_BYTES // 32)}"
    picture = '<svg xmlns="http://www.w3.org/2000/svg" width="80" height="60"><rect width="80" height="60" fill="teal"/></svg>'
    routes |= {(host, f"/module{n}.js"): script(filler) for n in range(_MODULES)}
    routes |= {(host, f"/article{n}.svg"): lambda _: Response(picture, type="image/svg+xml") for n in range(_ARTICLES)}

    cookies = []
    for number in range(_VENDORS):
        vendor = _vendor(number)
        cookie = Cookie(f"vendor{number}", vendor, f"https://{vendor}/p0.gif", party="third", secure=True, same_site="None",
                        lifetime=90 * DAY)
        cookies.append(cookie)
        routes |= {(vendor, f"/p{n}.gif"): pixel(*([cookie] if n == 0 else [])) for n in range(_PIXELS_PER_VENDOR)}
    base = Truth(cookies=(session_cookie(f"https://{host}"), *cookies))
    chosen = Truth(cookies=(Cookie("shop_consent", host, f"https://{host}/banner.js", kind="script", phase="S2", same_site="Lax",
                                   lifetime=180 * DAY),)).plus(base)
    return Site("heavy", host, routes, {"untouched": base, "rejected": chosen, "accepted": chosen.plus(tag_truth(host, "S2"))})


def _vendor(number: int) -> str:
    return f"px.vendor{number}.example"
