"""All sites that the test server plays, collected from this package's modules: each has a list SITES and may have ROUTES."""

import importlib
import pkgutil

from harness.server import Routes
from harness.truth import Site


def load_sites() -> dict[str, Site]:
    """Every site by its name."""
    return {site.name: site for module in _modules() for site in getattr(module, "SITES", ())}


def load_routes() -> Routes:
    routes: Routes = {}
    for module in _modules():
        for own in [getattr(module, "ROUTES", {})] + [site.routes for site in getattr(module, "SITES", ())]:
            for key, route in own.items():
                assert routes.setdefault(key, route) is route, f"two routes for {key}"
    return routes


def _modules():
    return [importlib.import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__)]
