"""Tests on a real cluster: whichever KUBECONFIG names. `make test` leaves them out, `make e2e` runs them.

The images are built here and loaded with kind, unless E2E_IMAGES and E2E_TAG name ones that the cluster can pull
(E2E_IMAGES=registry.example.org/me E2E_TAG=1.2.3).
"""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

import pytest

from tests.e2e.images import Images, build, build_lab, load, load_image
from tests.e2e.kube import Kube, has_cluster
from tests.e2e.release import Release

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HERE = "tests/e2e/"
TIMEOUT = 600


def pytest_configure(config: pytest.Config) -> None:
    """Name the marks."""
    config.addinivalue_line("markers", "e2e: needs a cluster; only with -m e2e")
    config.addinivalue_line("markers", "full: takes minutes; only in `make e2e-full`")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave these tests out of a run that does not ask for them; give them more time."""
    ours = [item for item in items if HERE in item.path.as_posix()]
    for item in ours:
        item.add_marker(pytest.mark.e2e)
        if not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(TIMEOUT))
    if "e2e" not in config.option.markexpr:
        config.hook.pytest_deselected(items=ours)
        items[:] = [item for item in items if item not in ours]


@pytest.fixture(scope="session")
def images() -> Images:
    """Give images of this tree that the cluster has."""
    if not has_cluster():
        pytest.fail("no cluster answers: set KUBECONFIG")
    if "E2E_IMAGES" in os.environ:
        return Images(os.environ["E2E_IMAGES"].rstrip("/") + "/", os.environ["E2E_TAG"])
    made = build()
    load(made)
    return made


@pytest.fixture(scope="session")
def lab_image(images: Images) -> Images:
    """Give the lab's image of this tree, which the cluster has too."""
    if "E2E_IMAGES" in os.environ:
        return images
    made = build_lab()
    load_image(made.of("lab"))
    return made


@pytest.fixture(scope="module")
def kube() -> Iterator[Kube]:
    """Give a namespace that admits only restricted pods, and remove it with all that is in it."""
    yield from _namespace()


@pytest.fixture(scope="module")
def another_kube() -> Iterator[Kube]:
    """Give a second namespace of the same kind."""
    yield from _namespace()


def _namespace() -> Iterator[Kube]:
    kube = Kube(f"e2e-{secrets.token_hex(3)}")
    kube.create()
    yield kube
    kube.remove()


@pytest.fixture(scope="module")
def release(kube: Kube, images: Images) -> Callable[..., Release]:
    """Give what makes a release in the module's namespace; see `Release`."""

    def make(name: str, **options: str) -> Release:
        return Release(kube, images, name, **options)

    return make


@pytest.fixture(autouse=True)
def _say_what_was_there(request: pytest.FixtureRequest) -> Iterator[None]:
    """Print what a failed test's namespace looked like."""
    failed = request.session.testsfailed
    yield
    if "kube" in request.fixturenames and request.session.testsfailed > failed:
        print(request.getfixturevalue("kube").report())  # noqa: T201 - pytest shows it with the failed test
