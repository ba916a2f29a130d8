from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from importlib.abc import Loader
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any, Callable

from ._warn_once import warn_once

Patch = Callable[[ModuleType], None]


def when_imported(name: str, patch: Patch) -> None:
    """Calls ``patch`` with a module now if it is imported, otherwise once it is. Its errors become a warning."""
    module = sys.modules.get(name)
    # While a module is being imported, its classes may be missing.
    if module is not None and not getattr(module.__spec__, "_initializing", False):
        _apply(patch, module)
    else:
        sys.meta_path.insert(0, _Finder(name, patch))


def _apply(patch: Patch, module: ModuleType) -> None:
    try:
        patch(module)
    except Exception:
        warn_once(f"{module.__name__} is not known in this version, so requests of it may have no session")


class _Finder:
    """Finds one module as the other finders do, and calls ``patch`` after it ran."""

    def __init__(self, name: str, patch: Patch) -> None:
        self._name = name
        self._patch = patch
        self._is_patched = False
        self._search = threading.local()

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        # The finder stays in sys.meta_path, because other threads may be iterating over it.
        if fullname != self._name or self._is_patched or getattr(self._search, "is_running", False):
            return None
        self._search.is_running = True
        try:
            spec = find_spec(fullname)
        finally:
            self._search.is_running = False
        if spec is not None and spec.loader is not None:
            spec.loader = _PatchingLoader(spec.loader, self._patch_once)
        return spec

    def _patch_once(self, module: ModuleType) -> None:
        self._is_patched = True
        self._patch(module)


class _PatchingLoader(Loader):
    """Loads a module as its loader does, and takes itself out of the module before it runs."""

    def __init__(self, loader: Loader, patch: Patch) -> None:
        self._loader = loader
        self._patch = patch

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        _apply(self._patch, module)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)
