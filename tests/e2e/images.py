"""The images of this tree, and how a kind cluster gets them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from tests.e2e.kube import run
from tests.house.tree import ROOT, files

DOCKERFILES = {"publisher": "services/publisher/Dockerfile", "subscriber": "services/subscriber/Dockerfile"}
SOURCES = ("messaging", "services", "requirements", ".dockerignore")
LAB = "lab/Dockerfile"


@dataclass(frozen=True, slots=True)
class Images:
    """Where the images are.

    Attributes:
        prefix: what stands before their names, with the slash; "" for those built here.
        tag: their tag.
    """

    prefix: str
    tag: str

    def of(self, service: str) -> str:
        """Return the whole name of a service's image."""
        return f"{self.repository(service)}:{self.tag}"

    def repository(self, service: str) -> str:
        """Return it without the tag."""
        return f"{self.prefix}messaging-{service}"


def build() -> Images:
    """Build them; the tag is that of the sources, so that unchanged ones are not built again."""
    images = Images("", f"e2e-{_digest(*SOURCES)}")
    for service, dockerfile in DOCKERFILES.items():
        run("docker", "build", "--quiet", "--file", str(ROOT / dockerfile), "--tag", images.of(service), str(ROOT))
    return images


def build_lab() -> Images:
    """Build the lab's image, whose sources are more."""
    images = Images("", f"e2e-{_digest(*SOURCES, 'lab')}")
    run("docker", "build", "--quiet", "--file", str(ROOT / LAB), "--tag", images.of("lab"), str(ROOT))
    return images


def _digest(*sources: str) -> str:
    digest = hashlib.sha256()
    for path in files(*sources):
        digest.update(path.encode() + (ROOT / path).read_bytes())
    return digest.hexdigest()[:12]


def load(images: Images) -> None:
    """Let the kind cluster have the services'."""
    load_image(*(images.of(service) for service in DOCKERFILES))


def load_image(*names: str) -> None:
    """Let the kind cluster have images of this machine."""
    context = run("kubectl", "config", "current-context").strip()
    assert context.startswith("kind-"), f"{context} is no kind cluster: name images that it can pull, by E2E_IMAGES"
    run("kind", "load", "docker-image", *names, "--name", context.removeprefix("kind-"))
