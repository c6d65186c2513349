"""Writes what the chart says of the programs' settings, and its README's tables, from where they are defined.

    python tools/chart.py --write

writes charts/messaging-patterns/{values.yaml,values.schema.json,README.md}; without --write it names those that
are not as it would write them.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from messaging.patterns import PATTERNS
from messaging.settings.common import SHORTHANDS, CommonSettings
from messaging.settings.publisher import PublisherSettings
from messaging.settings.subscriber import SubscriberSettings
from messaging.settings.variables import Variable, variables

CHART = Path(__file__).resolve().parents[1] / "charts/messaging-patterns"

BY_THE_CHART = {
    *("REDIS_HOST", "REDIS_PORT", "REDIS_DB", "REDIS_USERNAME", "REDIS_CLUSTER"),
    *("REDIS_SENTINEL", "REDIS_SENTINEL_MASTER", "REDIS_SENTINEL_USERNAME"),
    *("REDIS_TLS", "REDIS_TLS_CA", "REDIS_TLS_CERT", "REDIS_TLS_KEY", "REDIS_TLS_VERIFY_HOST"),
}
"""The chart writes these into the ConfigMaps itself: they follow from redis and externalRedis."""
BY_THE_POD = {"SENDER", "CONSUMER"}
"""These are the pod's name."""
SECRET = {"REDIS_PASSWORD", "REDIS_SENTINEL_PASSWORD", "REDIS_URL", "LEDGER_URL"}
"""These hold passwords, or may: files of a Secret, never a ConfigMap."""
OWN_DEFAULTS = {"PROBE_PORT": 8080}
"""What the chart gives in place of the program's default."""

_KINDS: dict[Any, str] = {bool: "boolean", int: "integer", float: "number"}
_BOUNDS = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum"}


def settings_of(place: str) -> list[Variable]:
    """Return the settings that may stand in a ConfigMap: of "shared", "publisher" or "subscriber"."""
    shared = list(variables(CommonSettings))
    models = {"shared": CommonSettings, "publisher": PublisherSettings, "subscriber": SubscriberSettings}
    others = set() if place == "shared" else {each.name for each in shared}
    left_out = others | BY_THE_CHART | BY_THE_POD | SECRET
    return [each for each in variables(models[place]) if each.name not in left_out]


def default_of(variable: Variable) -> Any:  # noqa: ANN401 - whatever the setting is
    """Return the value that values.yaml gives."""
    return OWN_DEFAULTS.get(variable.name, variable.field.default)


def schema_of(variable: Variable) -> dict[str, Any]:
    """Return what the chart's schema says of one setting; null stands for the program's default."""
    field = variable.field
    text = f"{variable.description}{f' ({variable.unit})' if variable.unit else ''}"
    if get_origin(field.annotation) is Literal:
        return {"description": text, "enum": [*get_args(field.annotation), None]}
    schema: dict[str, Any] = {"description": text, "type": [_KINDS.get(field.annotation, "string"), "null"]}
    for mark in field.metadata:
        for bound, word in _BOUNDS.items():
            if hasattr(mark, bound):
                schema[word] = _tighter(word, schema.get(word), getattr(mark, bound))
    if schema["type"][0] == "number":  # `--set` passes on a fraction as text
        schema |= {"type": ["number", "string", "null"], "pattern": r"^[0-9]+(\.[0-9]+)?$"}
    if variable.name == "PATTERN":
        name = f"({'|'.join((*PATTERNS, *SHORTHANDS))})"
        schema["pattern"] = f"^ *{name} *(, *{name} *)*$"
    if variable.name == "PROBE_PORT":  # the kubelet must be able to ask
        schema |= {"type": "integer", "minimum": 1}
    return schema


def _tighter(word: str, one: float | None, other: float) -> float:
    if one is None:
        return other
    return min(one, other) if word == "maximum" else max(one, other)


def schema(text: str) -> str:
    """Return the schema with the settings' parts as the models say."""
    whole = json.loads(text)
    for place in ("shared", "publisher", "subscriber"):
        properties = {each.name: schema_of(each) for each in settings_of(place)}
        whole["definitions"][f"{place}Settings"] = {
            "type": "object",
            "additionalProperties": False,
            "properties": properties,
        }
    return json.dumps(whole, indent=2) + "\n"


def values(text: str) -> str:
    """Return the values file with every setting and its default."""
    for place, head in (("shared", "settings:"), ("publisher", "publisher:"), ("subscriber", "subscriber:")):
        text = _with_block(text, place, head)
    return text


def _with_block(text: str, place: str, head: str) -> str:
    indent = "" if place == "shared" else "  "
    start = text.index(f"\n{head}") + 1
    at = text.index(f"{indent}settings:", start)
    end = at + _block_length(text[at:], indent)
    entries = (f"{indent}  # {text}\n{indent}  {line}\n" for text, line in _entries(place))
    return f"{text[:at]}{indent}settings:\n{''.join(entries)}{text[end:]}"


def _block_length(text: str, indent: str) -> int:
    inside = re.compile(rf"{indent}settings:.*\n(?:{indent}  .*\n)*")
    found = inside.match(text)
    return found.end() if found else 0


def _entries(place: str) -> Iterator[tuple[str, str]]:
    for each in settings_of(place):
        yield schema_of(each)["description"], f"{each.name}: {_written(default_of(each))}"


def _written(value: object) -> str:
    return value if isinstance(value, str) and re.fullmatch(r"[a-z][\w.:-]*", value) else json.dumps(value)


def readme(text: str, files: Mapping[str, str]) -> str:
    """Return the README with a table for each values file, between its marks."""
    for name, values_text in files.items():
        mark, end = f"<!-- {name} -->\n", "<!-- end -->"
        start = text.index(mark) + len(mark)
        text = text[:start] + "\n".join(_table(values_text)) + "\n" + text[text.index(end, start) :]
    return text


def _table(text: str) -> Iterator[str]:
    yield "| value | default | |"
    yield "| --- | --- | --- |"
    for path, default, comment in _documented(text):
        shown = f"`{default}`" if default else ""
        yield f"| `{path}` | {shown} | {comment.replace('|', '&#124;')} |"


def _documented(text: str) -> Iterator[tuple[str, str, str]]:
    """Yield (path, default, the comment above) of each line that gives a value."""
    path: list[str] = []
    comment: list[str] = []
    for line in text.splitlines():
        found = re.fullmatch(r"( *)([\w-]+):(?: (.*))?", line)
        if found is None:
            comment = [*comment, line.strip()[2:]] if line.strip().startswith("# ") else []
            continue
        indent, key, default = len(found[1]) // 2, found[2], found[3] or ""
        path = [*path[:indent], key]
        if default or comment:
            yield ".".join(path), re.sub(r" +#.*", "", default), " ".join(comment)
        comment = []


def written() -> dict[Path, str]:
    """Return every file as it should be."""
    paths = [CHART / name for name in ("values.yaml", "values.schema.json", "README.md")]
    values_text, schema_text, readme_text = (path.read_text(encoding="utf-8") for path in paths)
    values_text = values(values_text)
    redis_text = (CHART / "charts/redis/values.yaml").read_text(encoding="utf-8")
    tables = {"values.yaml": values_text, "charts/redis/values.yaml": redis_text}
    return dict(zip(paths, (values_text, schema(schema_text), readme(readme_text, tables)), strict=True))


def stale() -> dict[Path, str]:
    """Return what is not as it should be, and how it should be."""
    return {path: text for path, text in written().items() if path.read_text(encoding="utf-8") != text}


if __name__ == "__main__":
    found = stale()
    for path, text in found.items():
        if sys.argv[1:] == ["--write"]:
            path.write_text(text, encoding="utf-8")
        else:
            print(f"{path.relative_to(CHART.parents[1])} is not as tools/chart.py --write makes it")
    sys.exit(bool(found) and sys.argv[1:] != ["--write"])
