"""tallyhouse.yaml as plain values: UTF-8, YAML, no key twice."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from orchestration.errors import SettingsError


def read_yaml(path: Path) -> dict[str, Any]:
    """The file's settings as they are written; raises SettingsError naming the line that cannot be meant."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path} is not UTF-8 text.", "Save it as UTF-8.") from error
    try:
        # YAML's own reader takes the last of two equal keys without a word.
        for line, key in _keys_again(yaml.compose(text, yaml.SafeLoader), "", set()):
            raise SettingsError(f"{path} line {line}: {key} is there already.", "Keep one of the two.")
        raw = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise SettingsError(f"{path} is not valid YAML: {error}.", "Mend that line.") from error
    if not isinstance(raw, dict):
        raise SettingsError(f"{path} has no settings.", "Start from: tallyhouse init DIR")
    return raw


def _keys_again(node: yaml.Node | None, within: str, seen: set[int]) -> Iterator[tuple[int, str]]:
    """Line and dotted name of every key that its mapping has already; a node with an anchor is looked at once."""
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _keys_again(item, within, seen)
    if not isinstance(node, yaml.MappingNode):
        return
    met: set[str] = set()
    for key, value in node.value:
        name = f"{within}.{key.value}".lstrip(".")
        if isinstance(key, yaml.ScalarNode) and key.value in met:
            yield key.start_mark.line + 1, name
        met.add(str(key.value))
        yield from _keys_again(value, name, seen)
