"""Analytics libraries from npm, as published, pointed at a collector on another site."""

from harness.server import Request, Response, Routes
from harness.truth import DAY, Cookie, Site, Storage, Truth, session_cookie

from .consent_managers import package_file
from .pieces import page, text_file

_COLLECTOR = "collect.analytics.example"


def _collect(request: Request) -> Response:
    """Takes any hit, from any origin, with credentials."""
    origin = request.exchange.headers.get("origin", "*")
    return Response('{"status": 1, "code": 200, "success": true}', type="application/json", headers={
        "Access-Control-Allow-Origin": origin, "Access-Control-Allow-Credentials": "true",
        "Access-Control-Allow-Headers": request.exchange.headers.get("access-control-request-headers", "content-type"),
        "Access-Control-Allow-Methods": "GET, POST, OPTIONS"})


def _library(name: str, package: str, path: str, cookies: dict[str, dict], storage: dict[str, tuple[str, ...]]) -> Site:
    """A shop that loads one library with the page text/NAME.html. What the library tries and removes at once is not declared."""
    host = f"shop-{name}.test"
    by = f"https://{host}/library.js"
    routes: Routes = {(host, "/"): page(text_file(f"{name}.html")), (host, "/library.js"): package_file(package, path),
                      (_COLLECTOR, "/*"): _collect}
    truth = Truth(
        cookies=(session_cookie(f"https://{host}"),
                 *(Cookie(key, host, by, kind="script", host_only=False, **attributes) for key, attributes in cookies.items())),
        storage=tuple(Storage(area, f"https://{host}", key, by) for area, keys in storage.items() for key in keys),
        third_parties={"analytics.example": "S0"}, has_passing=True)
    return Site(name, host, routes, {"untouched": truth})


_YEAR = dict(lifetime=365 * DAY)

SITES = [
    _library("posthog", "posthog-js", "dist/array.no-external.js",
             {"ph_phc_gannettest_posthog": dict(secure=True, same_site="Lax", **_YEAR)},
             {"localStorage": ("ph_phc_gannettest_posthog",),
              "sessionStorage": ("ph_phc_gannettest_posthog", "ph_phc_gannettest_primary_window_exists",
                                 "ph_phc_gannettest_session_registered_properties", "ph_phc_gannettest_window_id")}),
    _library("mixpanel", "mixpanel-browser", "dist/mixpanel.umd.js", {"mp_gannettest_mixpanel": _YEAR},
             {"IndexedDB": ("mixpanelBrowserDb", "mixpanelFlagsDb"),
              "sessionStorage": ("mp_gen_new_tab_id_mixpanel_gannettest", "mp_tab_id_mixpanel_gannettest")}),
    _library("amplitude", "@amplitude/analytics-browser", "lib/scripts/amplitude-min.umd.js",
             {name: dict(same_site="Lax", **_YEAR) for name in ("AMP_gannettest", "AMP_MKTG_gannettest")},
             {"IndexedDB": ("AMP_diagnostics_gannettest",), "localStorage": ("AMP_unsent_gannettest",),
              "sessionStorage": ("AMP_PAGE_VIEW", "AMP_URL_INFO")}),
    _library("snowplow", "@snowplow/browser-tracker", "dist/index.umd.min.js",
             {"_sp_id.5a4e": dict(secure=True, same_site="Lax", lifetime=730 * DAY),
              "_sp_ses.5a4e": dict(secure=True, same_site="Lax", lifetime=1800)},
             {"localStorage": ("snowplowOutQueue_sp",)}),
    _library("segment", "@segment/analytics-next", "dist/umd/index.js", {"ajs_anonymous_id": dict(same_site="Lax", **_YEAR)},
             {"localStorage": ("ajs_anonymous_id", "ajs_user_id")}),
]
