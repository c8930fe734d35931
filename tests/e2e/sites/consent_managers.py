"""Shops whose consent manager comes from npm, as published. Each guards the tag of tag.py."""

from pathlib import Path

from harness.packages import bundle_path, package_folders
from harness.server import Request, Response, Route, Routes
from harness.truth import DAY, Cookie, Site, Storage, Truth, session_cookie

from .pieces import page, text_file
from .tag import tag_truth, widget_routes

_TYPES = {".js": "text/javascript", ".css": "text/css", ".json": "application/json", ".svg": "image/svg+xml"}


def package_file(package: str, path: str) -> Route:
    """A file of an unpacked package, as it is. `path` may end in '/*' for a folder, mounted on a route that ends so too."""

    def route(request: Request) -> Response:
        home = package_folders()[package]
        inner = request.exchange.path.split("/", 2)[2] if path.endswith("*") else ""
        file = (home / path.removesuffix("*") / inner).resolve()
        return _file(file) if file.is_file() and home in file.parents else Response("not here", status=404)

    return route


def bundle_file(name: str) -> Route:
    return lambda request: _file(bundle_path(name))


def _file(path: Path) -> Response:
    return Response(path.read_bytes(), type=_TYPES[path.suffix])


def _managed(name: str, *, files: dict[str, Route], consent: tuple[Cookie, ...], accept: tuple[str, ...], reject: tuple[str, ...],
             before: tuple[Cookie, ...] = (), storage: tuple[Storage, ...] = (), storage_before: tuple[Storage, ...] = (),
             platform: str = "") -> Site:
    """A shop with the page text/NAME.html. `consent` and `storage` are what the manager writes when someone chooses, `before` and
    `storage_before` what it writes at once."""
    host = f"shop-{name}.test"
    routes: Routes = {(host, "/"): page(text_file(f"{name}.html"), title=f"Shop with {name}"), **widget_routes(host)}
    routes |= {(host, path): route for path, route in files.items()}
    base = Truth(cookies=(session_cookie(f"https://{host}"), *before), storage=storage_before)
    chosen = Truth("proved", cookies=consent, storage=storage).plus(base)
    return Site(name, host, routes, {"untouched": base, "rejected": chosen, "accepted": chosen.plus(tag_truth(host, "S2"))},
                accept=accept, reject=reject, platform=platform)


def _choice(name: str, host: str, script: str, **attributes) -> Cookie:
    """The cookie in which a manager, loaded from `script`, keeps the choice."""
    return Cookie(name, host, f"https://{host}{script}", kind="script", phase="S2", **attributes)


SITES = [
    _managed("klaro", files={"/klaro.js": package_file("klaro", "dist/klaro.js")},
             consent=(_choice("klaro", "shop-klaro.test", "/klaro.js", same_site="Lax", lifetime=120 * DAY),),
             accept=(".cm-btn-success",), reject=(".cn-decline",), platform="klaro"),
    _managed("vanilla", files={"/cookieconsent.umd.js": package_file("vanilla-cookieconsent", "dist/cookieconsent.umd.js"),
                               "/cookieconsent.css": package_file("vanilla-cookieconsent", "dist/cookieconsent.css")},
             consent=(_choice("cc_cookie", "shop-vanilla.test", "/cookieconsent.umd.js", same_site="Lax", secure=True, host_only=False,
                              lifetime=182 * DAY),),
             accept=("[data-role=all]",), reject=("[data-role=necessary]",), platform="cookieconsent"),
    _managed("tarteaucitron", files={"/tac/*": package_file("tarteaucitronjs", "*")},
             consent=(), before=(Cookie("tarteaucitron", "shop-tarteaucitron.test", "https://shop-tarteaucitron.test/tac/tarteaucitron.js",
                                        kind="script", same_site="Lax", secure=True, lifetime=365 * DAY),),
             accept=("#tarteaucitronPersonalize2",), reject=("#tarteaucitronAllDenied2",), platform="tarteaucitron"),
    _managed("osano", files={"/cookieconsent.min.js": package_file("cookieconsent", "build/cookieconsent.min.js"),
                             "/cookieconsent.min.css": package_file("cookieconsent", "build/cookieconsent.min.css")},
             consent=(_choice("cookieconsent_status", "shop-osano.test", "/cookieconsent.min.js", lifetime=365 * DAY),),
             accept=(".cc-allow",), reject=(".cc-deny",)),
    _managed("orejime", files={"/orejime-standard-en.js": package_file("orejime", "dist/orejime-standard-en.js"),
                               "/orejime-standard.css": package_file("orejime", "dist/orejime-standard.css")},
             consent=(_choice("eu-consent", "shop-orejime.test", "/orejime-standard-en.js", same_site="Strict", lifetime=200 * DAY),),
             accept=(".orejime-Banner-saveButton",), reject=(".orejime-Banner-declineButton",)),
    _managed("c15t", files={"/c15t.js": bundle_file("c15t.js"), "/c15t.css": bundle_file("c15t.css")},
             consent=(_choice("c15t", "shop-c15t.test", "/c15t.js", same_site="Lax", secure=True, lifetime=365 * DAY),),
             storage=(Storage("localStorage", "https://shop-c15t.test", "c15t", "https://shop-c15t.test/c15t.js", phase="S2"),),
             storage_before=(Storage("localStorage", "https://shop-c15t.test", "c15t-storage-test-key", "https://shop-c15t.test/c15t.js",
                                     present=False),),
             accept=("[data-testid=consent-banner-accept-button]",), reject=("[data-testid=consent-banner-reject-button]",)),
    _managed("tcf", files={"/tcf.js": bundle_file("tcf.js")},
             consent=(_choice("euconsent-v2", "shop-tcf.test", "/tcf.js", same_site="Lax", secure=True, lifetime=365 * DAY),),
             accept=(".tcf-accept",), reject=(".tcf-reject",)),
]
