"""What is wrong with tallyhouse.yaml in our own words: file, key, what it is, what is allowed."""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from orchestration.errors import SettingsError

# Read from the file, but replaced before the model sees them.
_ALSO_KNOWN = {"notifications": ("email_url_env",)}
_PATTERNS = {
    r"^([01]\d|2[0-3]):[0-5]\d$": 'a time of day such as "02:30", in quotes',
    r"^([A-Za-z_][A-Za-z0-9_$]{0,62}\.)?[A-Za-z_][A-Za-z0-9_$]{0,62}$": "a table's name, or schema.name",
    r"^[A-Za-z_][A-Za-z0-9_]*$": "the name of an environment variable, such as OPENAI_ADMIN_KEY, never the key itself",
}
# What somebody may have put a key or a password into: not repeated.
_NOT_SHOWN = {
    "api_key_env",
    "base_url",
    "dsn_env",
    "email_url",
    "email_url_env",
    "endpoint_url",
    "key_env",
    "secret_env",
}
_SHOWN = 60


def explained(error: ValidationError, model: type[BaseModel], file: Path) -> SettingsError:
    """The first finding of pydantic as one sentence about the file, and one about what to do."""
    found = error.errors()
    first = found[0]
    key = ".".join(str(part) for part in first["loc"])
    more = f" {len(found) - 1} more to mend after this one." if len(found) > 1 else ""
    if first["type"] == "extra_forbidden":
        *above, wrong = (str(part) for part in first["loc"])
        known = _keys(model, above)
        near = get_close_matches(wrong, known, 1, 0.5)
        meant = f" Did you mean {near[0]}?" if near else ""
        place = f"in {'.'.join(above)}" if above else "at the top"
        return SettingsError(
            f"{file}: {key}: there is no such key.{meant}", f"Allowed {place}: {', '.join(known)}.{more}"
        )
    if first["type"] == "missing":
        return SettingsError(f"{file}: {key}: is missing.", f"Write it: {_example(key)}.{more}")
    is_what = "something" if _NOT_SHOWN.intersection(map(str, first["loc"])) else _shown(first["input"])
    return SettingsError(f"{file}: {key}: is {is_what}, which is not allowed.", f"{_allowed(first)}{more}")


def _allowed(finding: Mapping[str, Any]) -> str:
    """What may be written instead, as a sentence."""
    context = finding.get("ctx") or {}
    kind = finding["type"]
    if kind == "literal_error":
        values = re.findall(r"'([^']*)'", str(context.get("expected", "")))
        near = get_close_matches(str(finding["input"]), values, 1, 0.6)
        return f"Allowed: {', '.join(values)}.{f' Did you mean {near[0]}?' if near else ''}"
    if kind == "string_pattern_mismatch":
        return f"Write {_PATTERNS.get(str(context.get('pattern')), 'it in the form of the README')}."
    if kind == "value_error":
        return f"It {str(context.get('error', finding['msg'])).removeprefix('Value error, ')}."
    words = {
        "string_type": "Write text; put quotes around it if it looks like a number or a time.",
        "string_too_short": "Write at least one character.",
        "int_type": "Write a whole number.",
        "int_parsing": "Write a whole number.",
        "int_from_float": "Write a whole number.",
        "decimal_type": "Write a number, such as 0.5.",
        "decimal_parsing": "Write a number, such as 0.5.",
        "decimal_max_places": "Write at most six decimals.",
        "decimal_max_digits": "Write a smaller number.",
        "decimal_whole_digits": "Write a smaller number.",
        "finite_number": "Write a number, such as 0.5.",
        "bool_parsing": "Write true or false.",
        "tuple_type": "Write a list, such as [one, two].",
        "list_type": "Write a list, such as [one, two].",
        "dict_type": "Write a table, such as {key: value}.",
        "model_type": "Write a table, such as {key: value}.",
        "model_attributes_type": "Write a table, such as {key: value}.",
        "date_from_datetime_parsing": "Write a day, such as 2026-12-25.",
        "date_type": "Write a day, such as 2026-12-25.",
        "date_parsing": "Write a day, such as 2026-12-25.",
        "path_type": "Write a folder.",
    }
    if kind in words:
        return words[kind]
    limits = {
        "greater_than_equal": ("ge", "at least"),
        "less_than_equal": ("le", "at most"),
        "greater_than": ("gt", "more than"),
        "less_than": ("lt", "less than"),
    }
    if kind in limits:
        name, words_for = limits[kind]
        return f"Write a number of {words_for} {context[name]}."
    return f"{finding['msg'].rstrip('.')}."


def _keys(model: type[BaseModel], above: list[str]) -> list[str]:
    """The keys that may stand where `above` leads."""
    names: list[str] = list(above)
    here: Any = model
    while names and here is not None:
        name = names.pop(0)
        field = here.model_fields.get(name)
        here = _model_in(field.annotation) if field else None
        if here is not None and field is not None and not isinstance(field.annotation, type) and names:
            names.pop(0)  # the name that the user gave, such as that of a source
    if here is None:
        return []
    ours = {"name", "objects"} if above[:1] == ["sources"] else {"now"}  # set by us, not in the file
    own = [name for name in here.model_fields if name not in ours]
    return [*own, *_ALSO_KNOWN.get(".".join(above), ())]


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The model that an annotation is, or holds: `Source` of `dict[str, Source]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((model for item in get_args(annotation) if (model := _model_in(item)) is not None), None)


def _example(key: str) -> str:
    examples = dict.fromkeys(("organisation", "organisation.name"), "organisation: {name: Example Ltd}")
    if re.fullmatch(r"sources\.[^.]+\.kind", key):
        name = key.split(".")[1]
        return f"sources: {{{name}: {{kind: events}}}}"
    return examples.get(key, f"{key.rpartition('.')[2]}: …")


def _shown(value: Any) -> str:
    text = "empty" if value is None or value == "" else repr(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
