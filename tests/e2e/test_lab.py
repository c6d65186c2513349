"""The lab on a cluster: under its own rights alone, the verdicts are as promised, and nothing is left."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from messaging.patterns import PATTERNS
from tests.e2e.kube import CommandError, run, until
from tests.e2e.lab_account import LabAccount, lab_account

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.e2e.kube import Kube
    from tests.e2e.release import Release

PROOFS = {
    "consumer-kill": r"pod \S+ \(\w+\), start \d+ of its container is gone",
    "rollout": "3 new replicas live, the former are gone",
    "scale-down": "1 of 4 were left",
    "redis-kill": "the server's run_id changed",
    "publisher-kill": r"pod \S+ \(\w+\), start 1 of its container is gone",
    "slow-handler": "lived until the end",
    "consumer-freeze": "the probes of .* were silent",
    "redis-stall": "PING was not answered",
    "memory-full": r"the server refused \d+ commands",
}
FULL = pytest.mark.full


@pytest.fixture(scope="module")
def demo(release: Callable[..., Release]) -> Release:
    made = release("demo")
    made.install()
    return made


@pytest.fixture(scope="module")
def account(demo: Release, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabAccount]:
    with lab_account(demo.kube, tmp_path_factory.mktemp("account")) as made:
        yield made


def untouched(demo: Release) -> dict[str, Any]:
    """Return what would be another if somebody had changed, scaled or restarted the release."""
    pods = [pod for part in ("publisher", "subscriber", "redis") for pod in demo.every_pod(part)]
    restarts = {pod["metadata"]["uid"]: pod["status"]["containerStatuses"][0]["restartCount"] for pod in pods}
    generations = {one["metadata"]["name"]: one["metadata"]["generation"] for one in demo.kube.all("deployments")}
    return {"restarts": restarts, "generations": generations}


@pytest.mark.parametrize(
    "scenario",
    [
        "consumer-kill",
        "rollout",
        pytest.param("scale-down", marks=FULL),
        pytest.param("redis-kill-always", marks=FULL),
        pytest.param("redis-kill-everysec", marks=FULL),
        pytest.param("publisher-kill", marks=FULL),
        pytest.param("slow-handler", marks=FULL),
        pytest.param("consumer-freeze", marks=FULL),
        pytest.param("redis-stall", marks=FULL),
        pytest.param("memory-full", marks=FULL),
    ],
)
def test_a_fault_strikes_pods_and_the_promises_hold(
    demo: Release, account: LabAccount, tmp_path: Path, scenario: str
) -> None:
    before = untouched(demo)
    said = account.lab("run", scenario, "--runs", str(tmp_path))
    assert f"{scenario}: held" in said
    (folder,) = tmp_path.iterdir()
    result = json.loads((folder / "result.json").read_text())
    _check_result(result)
    _check_folder(folder, result)
    assert untouched(demo) == before
    account.wait_clean()


def _check_result(result: dict[str, Any]) -> None:
    assert (result["target"], result["finding"], result["doubts"]) == ("kubernetes", "held", [])
    assert result["faults"]
    for fault in result["faults"]:
        assert re.search(PROOFS[fault["fault"]], fault["proof"]), fault
    for one in result["patterns"]:
        account = one["account"]
        assert account["attempted"] > 0 < account["processed"]
        if one["pattern"] in ("reliable-queue", "stream") and result["scenario_name"] != "redis-kill-everysec":
            assert account["lost"] == 0
    assert {"kubernetes", "chart", "image of subscriber"} <= result["versions"].keys()


def _check_folder(folder: Path, result: dict[str, Any]) -> None:
    page = (folder / "report.html").read_text()
    assert "data:image/svg+xml;base64," in page
    assert not re.search(r'(src|href)="(?!data:)', page)
    logs = {path.stem for path in (folder / "logs").iterdir()}
    struck = {word for fault in result["faults"] for word in re.findall(r"lab-[\w-]+", fault["label"])}
    assert struck <= logs
    assert any("publisher" in name for name in logs)


@FULL
def test_all_patterns_are_there_by_default(account: LabAccount, tmp_path: Path) -> None:
    account.lab("run", "steady", "--runs", str(tmp_path))
    (folder,) = tmp_path.iterdir()
    result = json.loads((folder / "result.json").read_text())
    assert [one["pattern"] for one in result["patterns"]] == list(PATTERNS)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("run", "network-cut"), "network-cut on target kubernetes needs a proxy"),
        (("run", "failover"), "topology: sentinel"),
        (("run", "steady", "--release", "demi"), "no release demi in namespace"),
        (("run", "steady", "--namespace", "default"), "no permission to get configmaps in namespace default, list dep"),
    ],
)
def test_what_cannot_be_done_is_refused_before_anything_starts(
    demo: Release, account: LabAccount, words: tuple[str, ...], complaint: str
) -> None:
    assert demo.names("subscriber")
    with pytest.raises(CommandError, match=re.escape(complaint)):
        account.lab(*words)
    assert account.left() == []


@pytest.mark.parametrize("end", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=FULL)])
def test_an_interrupted_run_leaves_nothing(account: LabAccount, tmp_path: Path, end: signal.Signals) -> None:
    lab = _start_until_load(account, tmp_path)
    lab.send_signal(end)
    assert lab.wait(90) == 128 + end
    assert account.left() == []


@FULL
def test_what_a_killed_lab_leaves_goes_with_the_ledgers_job(account: LabAccount, tmp_path: Path) -> None:
    lab = _start_until_load(account, tmp_path)
    lab.kill()
    lab.wait(10)
    (job,) = (name for name in account.left() if name.startswith("job.batch/") and name.endswith("-ledger"))
    spec = account.kube.get(job)["spec"]
    assert spec["activeDeadlineSeconds"] < 3600
    assert spec["ttlSecondsAfterFinished"] == 0
    account.kube("patch", job, "--type", "merge", "--patch", '{"spec": {"activeDeadlineSeconds": 1}}')
    account.wait_clean()


def _start_until_load(account: LabAccount, folder: Path) -> subprocess.Popen[str]:
    log = folder / "lab.log"
    with log.open("w") as output:
        command = account.command("run", "steady", "--runs", str(folder / "runs"))
        lab = subprocess.Popen(
            command, env=account.environment | {"PYTHONUNBUFFERED": "1"}, stdout=output, stderr=output, text=True
        )
    try:
        until(lambda: "==> Load" in log.read_text(), "the load", seconds=120)
    except BaseException:
        lab.kill()
        lab.wait(10)
        raise
    return lab


def test_scale_waits_until_so_many_are_ready(demo: Release, account: LabAccount, kube: Kube) -> None:
    scale = (sys.executable, "-m", "lab", "scale")
    where = ("--namespace", kube.namespace)
    assert run(*scale, "3", *where, "--release", "demo").strip() == "deployment.apps/demo-subscriber: 3 ready"
    assert len(demo.names("subscriber")) == 3
    with pytest.raises(CommandError, match="there is no subscriber of release demi here"):
        run(*scale, "1", *where, "--release", "demi")
    with pytest.raises(CommandError, match='cannot get resource "deployments"'):
        run(*scale, "1", *where, environment=account.environment)
    run(*scale, "1", *where)
