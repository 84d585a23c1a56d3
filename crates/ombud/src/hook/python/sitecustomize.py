"""Runs at the start of every Python child of `ombud run`: watches for HTTP libraries, then hands on to the real
sitecustomize.

The directory of this file stands first in PYTHONPATH, so it hides any other `sitecustomize`; that one is found and run
here, in our place, and what it raises is raised as if we were not there. As this runs in every child, it imports
nothing that the interpreter has not loaded already; the patches are in `_ombud_hook`, loaded when one is needed.
"""

import os
import sys

# Keys of `_ombud_hook.PATCHES`.
_WATCHED = frozenset(("http.client", "urllib3.connectionpool", "httpx", "httpx2", "aiohttp.client_reqrep"))


def _apply(name, module):
    try:
        import _ombud_hook

        _ombud_hook.apply(name, module)
    except Exception:  # The child must run as it would without us; the CONNECT proxy catches what we miss.
        pass


class _Finder:
    """Sees the imports of the watched libraries and has each patched once its own code has run."""

    def __init__(self):
        self.busy = set()

    def find_spec(self, name, path=None, target=None):
        if name not in _WATCHED or name in self.busy:
            return None
        self.busy.add(name)
        try:
            return self.patching(self.found(name, path, target), name)
        except Exception:
            return None
        finally:
            self.busy.discard(name)

    def found(self, name, path, target):
        for finder in sys.meta_path:
            spec = None if finder is self or not hasattr(finder, "find_spec") else finder.find_spec(name, path, target)
            if spec is not None:
                return spec
        return None

    def patching(self, spec, name):
        loader = getattr(spec, "loader", None)
        run = getattr(loader, "exec_module", None)
        if run is None:
            return spec

        def exec_module(module):
            loader.exec_module = run
            run(module)
            _apply(name, module)

        loader.exec_module = exec_module
        return spec


def _install():
    if sys.version_info < (3, 8) or not os.environ.get("OMBUD_HOOK"):
        return
    for name in _WATCHED:
        if name in sys.modules:
            _apply(name, sys.modules[name])
    sys.meta_path.insert(0, _Finder())


def _next_spec():
    """The sitecustomize that this one hides, or None."""
    try:
        here = os.path.dirname(os.path.realpath(__file__))
        path = [entry for entry in sys.path if os.path.realpath(entry or os.curdir) != here]
        finder = next(finder for finder in sys.meta_path if getattr(finder, "__name__", "") == "PathFinder")
        return finder.find_spec("sitecustomize", path)
    except Exception:
        return None


def _hand_on():
    spec = _next_spec()
    if spec is None or spec.loader is None:
        return
    from importlib.util import module_from_spec

    module = module_from_spec(spec)
    sys.modules["sitecustomize"] = module
    spec.loader.exec_module(module)


_install()
_hand_on()
