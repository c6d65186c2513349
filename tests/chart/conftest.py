"""Every test of the chart runs with each Helm that can be found, and is left out where there is none."""

from __future__ import annotations

import pytest

from tests.chart.helm import NO_HELM, Helm, helms, version


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one test of each for each Helm."""
    if "helm" not in metafunc.fixturenames:
        return
    found = [pytest.param(Helm(path), id=version(path)) for path in helms()]
    missing = pytest.param(None, id="none", marks=pytest.mark.skip(reason=NO_HELM))
    metafunc.parametrize("helm", found or [missing], scope="session")
