"""The third-party tag that consent managers guard, on registrable domains other than the shop's, and all it leaves behind."""

from dataclasses import replace

from harness.server import Request, Response, Routes
from harness.truth import DAY, Cookie, Storage, Truth

from .pieces import fresh, pixel, script, text_file

TAG_URL = "https://cdn.adnet.example:{{https}}/tag.js?v={{v}}"

_TAG = "https://cdn.adnet.example/tag.js"
_SYNC = "https://sync.metrics.example/sync.html"
_SYNC_SCRIPT = "https://sync.metrics.example/sync.js"
_PIXEL = "https://stats.metrics.example/p.gif"


def _third(name: str, domain: str, by: str, **attributes) -> Cookie:
    return Cookie(name, domain, by, party="third", secure=True, same_site="None", **attributes)


_ADNET_ID = _third("adnet_id", "adnet.example", _TAG, host_only=False, http_only=True, lifetime=365 * DAY)
_ADNET_EDGE = _third("adnet_edge", "cdn.adnet.example", _TAG)
_METRICS_UID = _third("metrics_uid", "metrics.example", _PIXEL, host_only=False, lifetime=180 * DAY)
_METRICS_SEEN = _third("metrics_seen", "stats.metrics.example", _PIXEL, http_only=True, lifetime=3600)
_METRICS_SYNC = _third("metrics_sync", "sync.metrics.example", _SYNC)
_METRICS_JS = _third("metrics_js", "sync.metrics.example", _SYNC_SCRIPT, kind="script", lifetime=90 * DAY)


def _sync_page(request: Request) -> Response:
    return Response(request.fill('<!doctype html><script src="/sync.js?v={{v}}"></script>'), cookies=[_METRICS_SYNC.line(fresh())])


ROUTES: Routes = {
    ("cdn.adnet.example", "/tag.js"): script(text_file("tag.js"), _ADNET_ID, _ADNET_EDGE),
    ("stats.metrics.example", "/p.gif"): pixel(_METRICS_UID, _METRICS_SEEN),
    ("sync.metrics.example", "/sync.html"): _sync_page,
    ("sync.metrics.example", "/sync.js"): script(f"""
document.cookie = "metrics_js={fresh()}; path=/; max-age={90 * DAY}; samesite=none; secure";
localStorage.setItem("metrics_ls", "{fresh()}");
"""),
}


def widget_routes(host: str) -> Routes:
    """The shop's own frame, which the tag asks for."""
    widget = '<!doctype html><script>document.cookie = "widget_seen=" + Math.random() + "; path=/; samesite=strict"</script>'
    cookie = Cookie("widget_http", host, "", secure=True, same_site="Lax", path="/")
    return {(host, "/widget.html"): lambda request: Response(widget, cookies=[cookie.line(fresh())])}


def tag_truth(host: str, phase: str) -> Truth:
    """All that the tag leaves on a shop when it first runs in `phase`."""
    origin = f"https://{host}"
    return Truth(
        cookies=tuple(replace(cookie, phase=phase) for cookie in (
            _ADNET_ID, _ADNET_EDGE, _METRICS_UID, _METRICS_SEEN, _METRICS_SYNC, _METRICS_JS,
            Cookie("_adnet", host, _TAG, kind="script", lifetime=730 * DAY, same_site="Lax"),
            Cookie("_adnet_cs", host, _TAG, kind="script", lifetime=30 * DAY, same_site="Lax", secure=True, method="cookieStore.set"),
            Cookie("_adnet_blank", host, _TAG, kind="script"),
            Cookie("widget_seen", host, origin + "/widget.html", kind="script", same_site="Strict"),
            Cookie("widget_http", host, origin + "/widget.html", same_site="Lax", secure=True))),
        storage=(
            Storage("localStorage", origin, "adnet_profile", _TAG, phase=phase),
            Storage("sessionStorage", origin, "adnet_tab", _TAG, phase=phase),
            Storage("IndexedDB", origin, "adnet_db", _TAG, phase=phase),
            Storage("localStorage", "https://sync.metrics.example", "metrics_ls", _SYNC_SCRIPT, phase=phase, party="third")),
        third_parties={"adnet.example": phase, "metrics.example": phase})
