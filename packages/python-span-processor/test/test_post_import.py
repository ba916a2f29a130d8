from __future__ import annotations

import importlib
import importlib.util
import sys

import pytest

from rum_llmobs._post_import import _PatchingLoader, when_imported


@pytest.fixture
def module(tmp_path, monkeypatch):
    name = f"module_{tmp_path.name}"
    (tmp_path / f"{name}.py").write_text("value = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    return name


def test_a_module_that_is_imported_later_is_patched_after_it_ran(module):
    seen = []
    when_imported(module, lambda imported: seen.append(imported.value))
    assert seen == []
    imported = importlib.import_module(module)
    assert seen == [1]
    assert not isinstance(imported.__loader__, _PatchingLoader)
    assert not isinstance(imported.__spec__.loader, _PatchingLoader)


def test_a_module_that_somebody_looked_for_before_is_patched(module):
    seen = []
    when_imported(module, lambda imported: seen.append(imported.value))
    assert importlib.util.find_spec(module) is not None
    importlib.import_module(module)
    assert seen == [1]


def test_no_finder_leaves_the_list_that_other_threads_may_be_walking(module):
    when_imported(module, lambda imported: None)
    before = list(sys.meta_path)
    importlib.import_module(module)
    assert sys.meta_path == before


def test_a_module_that_is_imported_already_is_patched_now(module):
    importlib.import_module(module)
    seen = []
    when_imported(module, lambda imported: seen.append(imported.value))
    assert seen == [1]


def test_two_patches_of_a_module_are_both_called(module):
    seen = []
    when_imported(module, lambda imported: seen.append("first"))
    when_imported(module, lambda imported: seen.append("second"))
    importlib.import_module(module)
    assert sorted(seen) == ["first", "second"]


@pytest.mark.parametrize("ours_first", [True, False])
def test_the_hooks_of_wrapt_are_called_too(module, ours_first):
    wrapt = pytest.importorskip("wrapt")
    seen = []

    def theirs(imported):
        seen.append("theirs")

    hooks = [
        lambda: when_imported(module, lambda imported: seen.append("ours")),
        lambda: wrapt.register_post_import_hook(theirs, module),
    ]
    for hook in hooks if ours_first else reversed(hooks):
        hook()
    importlib.import_module(module)
    assert sorted(seen) == ["ours", "theirs"]


def test_a_patch_that_raises_warns_once_and_the_module_is_there(module, warnings):
    when_imported(module, lambda imported: imported.missing)
    assert importlib.import_module(module).value == 1
    assert len(warnings) == 1


def test_a_module_that_cannot_be_found_is_not_found(module):
    when_imported("no_such_module", lambda imported: None)
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("no_such_module")


def test_a_module_that_raises_is_not_patched(module, tmp_path):
    (tmp_path / f"{module}.py").write_text("raise RuntimeError('own')\n")
    seen = []
    when_imported(module, seen.append)
    with pytest.raises(RuntimeError, match="own"):
        importlib.import_module(module)
    assert seen == []
