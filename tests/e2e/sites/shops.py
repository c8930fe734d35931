"""Shops with a consent banner of their own, or none: where it is, what it offers, and whether it keeps its promise."""

from harness.server import Response, Routes
from harness.truth import DAY, Cookie, Site, Truth, session_cookie

from .pieces import page, script, text_file
from .tag import TAG_URL, tag_truth, widget_routes

_ACCEPT = (".accept",)
_REJECT = (".reject",)


def _consent_cookie(host: str, phase: str) -> Cookie:
    return Cookie("shop_consent", host, f"https://{host}/banner.js", kind="script", phase=phase, same_site="Lax", lifetime=180 * DAY)


def _shop(name: str, *, options: str = "", tag_before: bool = False, liar: bool = False, accepted_phase: str = "S2",
          rejected: str = "proved", reject: tuple[str, ...] = _REJECT, arguments: tuple[str, ...] = (), exit_code: int = 0) -> Site:
    """A shop with banner.js. `options` are its data attributes; `tag_before`: the tag runs without asking."""
    host = f"shop-{name}.test"
    head = f'<script src="{TAG_URL}"></script>' if tag_before else ""
    tags = "" if tag_before else TAG_URL
    body = f'<h1>Shop</h1>{head}<script src="/banner.js" data-tags="{tags}" {options}></script>'
    routes: Routes = {(host, "/"): page(body), (host, "/banner.js"): script(text_file("banner.js")), **widget_routes(host)}

    base = Truth(cookies=(session_cookie(f"https://{host}"),))
    chosen = Truth(cookies=(_consent_cookie(host, "S2"),))
    leak = (tag_truth(host, "S0"),) if tag_before else ()
    lie = (tag_truth(host, "S2"),) if liar else ()
    refused = Truth(rejected).plus(base, *leak, *lie, *((chosen,) if rejected == "proved" else ()))
    accepted = Truth("proved").plus(base, chosen, *(leak or (tag_truth(host, accepted_phase),)))
    return Site(name, host, routes, {"untouched": base.plus(*leak), "rejected": refused, "accepted": accepted},
                accept=_ACCEPT, reject=reject, arguments=arguments, exit_code=exit_code)


def _plain() -> Site:
    host = "plain.test"
    truth = Truth(cookies=(session_cookie(f"https://{host}"),))
    return Site("plain", host, {(host, "/"): page("<h1>No banner, no third party</h1>")},
                {"untouched": truth, "rejected": Truth("no_banner").plus(truth), "accepted": Truth("no_banner").plus(truth)})


def _framed() -> Site:
    """The banner lives in an iframe of the consent vendor's site, which keeps a cookie of its own."""
    host = "shop-framed.test"
    vendor = "consent.cmpvendor.example"
    frame = f"https://{vendor}/banner.html"
    body = (f'<h1>Shop</h1><script src="/banner.js" data-tags="{TAG_URL}" '
            f'data-frame="https://{vendor}:{{{{https}}}}/banner.html?v={{{{v}}}}"></script>')
    routes: Routes = {(host, "/"): page(body), (host, "/banner.js"): script(text_file("framed_banner.js")),
                      (vendor, "/banner.html"): lambda request: Response(text_file("framed_banner.html")), **widget_routes(host)}
    base = Truth(cookies=(session_cookie(f"https://{host}"),), third_parties={"cmpvendor.example": "S0"})
    chosen = Truth("proved", cookies=(
        _consent_cookie(host, "S2"),
        Cookie("vendor_choice", vendor, frame, kind="script", phase="S2", secure=True, same_site="None", lifetime=DAY, party="third",
               resent=False))).plus(base)
    return Site("framed", host, routes, {"untouched": base, "rejected": chosen, "accepted": chosen.plus(tag_truth(host, "S2"))},
                accept=_ACCEPT, reject=_REJECT)


def _scroll() -> Site:
    """No banner; the tag wakes when its place comes into view."""
    host = "scrolled.test"
    body = f"""<h1>Shop</h1><div style="height:6000px"></div><div id="end">The end</div><script>
new IntersectionObserver((seen, observer) => {{
  if (!seen.some(entry => entry.isIntersecting)) return;
  observer.disconnect();
  document.body.append(Object.assign(document.createElement("script"), {{src: "{TAG_URL}"}}));
}}).observe(document.getElementById("end"));
</script>"""
    routes: Routes = {(host, "/"): page(body), **widget_routes(host)}
    truth = tag_truth(host, "S1").plus(Truth(cookies=(session_cookie(f"https://{host}"),)))
    return Site("scrolled", host, routes, {"untouched": truth, "rejected": Truth("no_banner").plus(truth)})


SITES = [
    _framed(), _scroll(),
    _plain(),
    _shop("honest"),
    _shop("leaky", tag_before=True),
    _shop("liar", options="data-lies", liar=True),
    _shop("buried", options='data-layers="2"', reject=(".settings", ".reject")),
    _shop("noreject", options='data-layers="0"', rejected="no_control", reject=(), exit_code=4),
    _shop("late", options='data-delay="2000"'),
    _shop("reloading", options="data-reload"),
    _shop("shadow", options='data-root="shadow"'),
    _shop("german", options='data-text="Wir verwenden Cookies. " data-accept="Alle akzeptieren" data-reject="Alle ablehnen"'),
    _shop("french", options='data-text="Nous utilisons des cookies. " data-accept="Tout accepter" data-reject="Continuer sans accepter"'),
    _shop("riddle", options='data-text="Which way? " data-accept="Left" data-reject="Right"',
          arguments=("--accept-selector", ".accept", "--reject-selector", "text=Right")),
]
