"""Whatever the environment holds: settings, or SettingsError, and never anything else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from messaging.seam.errors import SettingsError
from messaging.seam.printable import one_line
from messaging.settings.common import CommonSettings
from messaging.settings.load import known_names, load
from messaging.settings.publisher import PublisherSettings
from messaging.settings.sources import SECRETS_DIR
from messaging.settings.subscriber import SubscriberSettings
from messaging.settings.variables import variables

# What os.environ can hold: no zero byte, halves of surrogate pairs for bytes that are no UTF-8.
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=()), max_size=40)
VALUES = TEXT | st.sampled_from(
    [
        *("0", "1", "-1", "1e999", "nan", "inf", "true", "off", "9" * 5000, "0x10", "\uff11\uff12", " 5 "),
        *("redis://u:p@h:1/2", "rediss://h", "redis://[", "tcp://10.0.0.1:6379", "{}", "[1]", "-"),
        *("all", "both", "queue,stream", "json", "debug", "/etc/passwd", "/", "h:1,h:2", "x" * 5000),
    ]
)
NAMES = st.sampled_from([name for name in known_names() if name != SECRETS_DIR])
NEAR = st.builds(lambda name, end: name[:-1] + end, NAMES, TEXT)
ENVIRONMENTS = st.dictionaries(NAMES | NEAR | TEXT, VALUES, max_size=12)


@given(ENVIRONMENTS)
def test_any_environment(environ: dict[str, str]) -> None:
    for model in (PublisherSettings, SubscriberSettings):
        try:
            settings = load(model, environ)
        except SettingsError as error:
            lines = [str(error), *getattr(error, "__notes__", ())]
            assert [one_line(line) for line in lines] == lines
        else:
            assert settings.patterns


@given(ENVIRONMENTS, TEXT)
def test_a_password_is_never_told(environ: dict[str, str], noise: str) -> None:
    secret = "correct horse battery staple"  # noqa: S105
    environ |= {"REDIS_PASSWORD": secret + noise, "REDIS_SENTINEL_PASSWORD": secret}
    try:
        text = repr(load(PublisherSettings, environ))
    except SettingsError as error:
        text = "\n".join([str(error), *getattr(error, "__notes__", ())])
    assert secret not in text


@given(st.data())
def test_one_setting_at_a_time_is_taken_or_blamed(data: st.DataObject) -> None:
    variable = data.draw(st.sampled_from(list(variables(SubscriberSettings))))
    value = data.draw(VALUES.filter(bool))
    error = refusal(SubscriberSettings, {variable.name: value})
    prefix = variable.name.partition("_")[0]
    assert error is None or error.key.startswith(prefix) or error.mend.startswith(f"{variable.name} is ")


def refusal(model: type[CommonSettings], environ: dict[str, str]) -> SettingsError | None:
    try:
        load(model, environ)
    except SettingsError as error:
        return error
    return None
