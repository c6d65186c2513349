"""Whatever the release is called, everybody means the same server, and no name is too long."""

from __future__ import annotations

import re

import pytest
import yaml

from tests.chart.helm import CHART, Helm, container, data
from tests.house.tree import ROOT

LONGEST = "a" * 53
RELEASES = ["demo", "redis", "my-redis", "redis-redis-publisher", "dotted.name", LONGEST, "a-" * 26 + "b", "r" * 41]
SHA = "0123456789abcdef" * 4


@pytest.mark.parametrize("release", RELEASES)
def test_one_host_is_meant_by_all(helm: Helm, release: str) -> None:
    values = {
        "settings": {"PATTERN": "reliable-queue"},
        "subscriber": {"keda": {"enabled": True}},
        "networkPolicy": {"enabled": True},
    }
    rendered = helm.template(values, release=release)
    host = rendered.of("Service")["metadata"]["name"]
    assert rendered.of("StatefulSet")["metadata"]["name"] == host
    (settings,) = (one for one in rendered.all("ConfigMap") if one["metadata"]["name"].endswith("-settings"))
    assert data(settings)["REDIS_HOST"] == host
    addresses = {each["metadata"]["address"] for each in rendered.of("ScaledObject")["spec"]["triggers"]}
    assert addresses == {f"{host}.default:6379"}
    selector = rendered.of("Service")["spec"]["selector"]
    assert selector.items() <= rendered.of("StatefulSet")["spec"]["template"]["metadata"]["labels"].items()
    policies = [one["spec"]["podSelector"]["matchLabels"] for one in rendered.all("NetworkPolicy")]
    assert selector in policies


@pytest.mark.parametrize("release", RELEASES)
def test_no_name_is_too_long(helm: Helm, release: str) -> None:
    rendered = helm.template({"redis": {"tls": {"enabled": True}}}, release=release)
    for one in rendered.documents:
        name = one["metadata"]["name"]
        assert re.fullmatch(r"[a-z]([a-z0-9-]*[a-z0-9])?", name), name
        # A StatefulSet's pods have the label controller-revision-hash: its name and eleven characters.
        assert len(name) <= (63 - 11 if one["kind"] == "StatefulSet" else 63), name
        for value in one["metadata"]["labels"].values():
            assert re.fullmatch(r"[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?", value), value


def test_two_long_releases_have_two_names(helm: Helm) -> None:
    hosts = {helm.template(release="a" * 52 + end).of("Service")["metadata"]["name"] for end in "bc"}
    assert len(hosts) == 2


def test_a_short_release_is_called_what_it_is(helm: Helm) -> None:
    names = {one["metadata"]["name"] for one in helm.template(release="x" * 40).all("Deployment")}
    assert names == {"x" * 40 + "-publisher", "x" * 40 + "-subscriber"}


def test_both_charts_make_the_name_by_the_same_lines() -> None:
    paths = (CHART / "templates/_names.tpl", CHART / "charts/redis/templates/_names.tpl")
    texts = [path.read_text(encoding="utf-8") for path in paths]
    made = [re.search(r"\{\{- \$plain := .*?\n\{\{- end -\}\}\n", text, re.DOTALL) for text in texts]
    assert made[0]
    assert made[1]
    assert made[0][0] == made[1][0]


@pytest.mark.parametrize(
    ("options", "tag"),
    [
        (["--set", "publisher.image.tag=12345678901"], "12345678901"),
        (["--set", f"publisher.image.tag={SHA}"], SHA),
        (["--set-string", "publisher.image.tag=" + "1" * 64], "1" * 64),
        (["--set", "publisher.image.tag=0123"], "0123"),
        (["--set-string", "publisher.image.tag=1e3"], "1e3"),
        ([], "0.1.0"),
    ],
)
def test_any_tag_stays_what_it_is(helm: Helm, options: list[str], tag: str) -> None:
    rendered = helm.template(options=options)
    deployment = rendered.of("Deployment", "demo-publisher")
    assert container(deployment["spec"]["template"])["image"] == f"messaging-publisher:{tag}"
    assert deployment["metadata"]["labels"]["app.kubernetes.io/version"] == "0.1.0"


def test_a_digest_takes_the_place_of_the_tag(helm: Helm) -> None:
    digest = f"sha256:{SHA}"
    pods = dict(helm.template({"redis": {"image": {"digest": digest, "repository": "other/redis"}}}).pods())
    assert container(pods["StatefulSet/demo-redis"])["image"] == f"other/redis@{digest}"


@pytest.mark.parametrize(("server", "image"), [("redis", "redis:8"), ("valkey", "valkey/valkey:9")])
def test_one_value_chooses_the_server(helm: Helm, server: str, image: str) -> None:
    pods = dict(helm.template({"redis": {"server": server}}).pods())
    assert container(pods["StatefulSet/demo-redis"])["image"] == image


def test_the_chart_is_of_the_programs_version() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))
    project = (ROOT / "messaging/pyproject.toml").read_text(encoding="utf-8")
    assert f'version = "{chart["appVersion"]}"' in project
    (redis,) = chart["dependencies"]
    child = yaml.safe_load((CHART / "charts/redis/Chart.yaml").read_text(encoding="utf-8"))
    assert redis["version"] == child["version"]
    assert "repository" not in redis
