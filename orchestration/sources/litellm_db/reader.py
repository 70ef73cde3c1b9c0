"""LiteLLM's spend logs as they were fetched from its database: rows like those that its proxy exports."""

from orchestration.settings import Source
from orchestration.sources.litellm.reader import reader as exported
from orchestration.sources.shape import Reader


def reader(source: Source) -> Reader:
    """Reads what was fetched as LiteLLM's own exports are read; `source.account` adds nothing to it."""
    return exported(source)
