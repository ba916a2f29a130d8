"""The tests of the package on every version that it supports."""

from __future__ import annotations

import subprocess

import pytest
from stacks import PACKAGE, python_of

RUNS = {
    "sdk-1.20": ["test"],
    "sdk-1.38": ["test"],
    "ddtrace-3.19": ["test/test_ddtrace.py", "--all"],
    "ddtrace-4.0": ["test/test_ddtrace.py", "--all"],
    "ddtrace-4.16": ["test/test_ddtrace.py", "--all"],
}


@pytest.mark.all
@pytest.mark.parametrize("stack", RUNS)
def test_the_package_passes_its_tests_on(stack):
    command = [python_of(stack), "-m", "pytest", "-q", "-p", "no:cacheprovider", *RUNS[stack]]
    finished = subprocess.run(command, cwd=PACKAGE, capture_output=True, text=True, check=False)
    print(finished.stdout[-2000:])
    assert finished.returncode == 0, finished.stdout[-20000:]
