"""Shops whose consent manager comes from npm, as published. Each guards the tag of tag.py."""

from pathlib import Path

from fetch_packages import packages, test_data

from harness.server import Request, Response, Route, Routes
from harness.truth import DAY, Cookie, Site, Truth, session_cookie

from .pieces import page, text_file
from .tag import tag_truth, widget_routes

_TYPES = {".js": "text/javascript", ".css": "text/css", ".json": "application/json", ".svg": "image/svg+xml"}


def package_file(package: str, path: str) -> Route:
    """A file of an unpacked package, as it is. `path` may end in '/*' for a folder: the request's last segment chooses."""

    def route(request: Request) -> Response:
        name = path.replace("*", request.exchange.path.rpartition("/")[2])
        file = packages()[package].folder / name
        return _file(file) if file.is_file() else Response("not here", status=404)

    return route


def bundle_file(name: str) -> Route:
    return lambda request: _file(test_data() / "bundles" / name)


def _file(path: Path) -> Response:
    return Response(path.read_bytes(), type=_TYPES[path.suffix])


def _managed(name: str, *, files: dict[str, Route], consent: tuple[Cookie, ...], accept: tuple[str, ...], reject: tuple[str, ...],
             packages: tuple[str, ...], platform: str = "", phase: str = "S2") -> Site:
    """A shop with the page text/NAME.html. `consent` are the cookies that the manager writes when someone chooses."""
    host = f"shop-{name}.test"
    routes: Routes = {(host, "/"): page(text_file(f"{name}.html"), title=f"Shop with {name}"), **widget_routes(host)}
    routes |= {(host, path): route for path, route in files.items()}
    base = Truth(cookies=(session_cookie(f"https://{host}"),))
    chosen = Truth("proved", cookies=consent).plus(base)
    return Site(name, host, routes, {"untouched": base, "rejected": chosen, "accepted": chosen.plus(tag_truth(host, phase))},
                accept=accept, reject=reject, packages=packages, platform=platform)


SITES = [
    _managed("klaro", files={"/klaro.js": package_file("klaro", "dist/klaro.js")},
             consent=(Cookie("klaro", "shop-klaro.test", "https://shop-klaro.test/klaro.js", kind="script", phase="S2",
                             same_site="Lax", lifetime=120 * DAY),),
             accept=(".cm-btn-success",), reject=(".cn-decline",), packages=("klaro",), platform="klaro"),
]
