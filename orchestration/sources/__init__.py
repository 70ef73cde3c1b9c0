"""The kinds of logs that can be landed: one folder of the same shape for each.

`reader_for(source)` says how a source's files are read, typed and judged. No Dagster, no money, no work
at import; a kind's module is imported when a source of that kind is landed.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orchestration.fetching.api import Api
    from orchestration.fetching.postgres import Shape
    from orchestration.settings import Settings, Source
    from orchestration.sources.shape import Reader


def reader_for(source: "Source") -> "Reader":
    """The reader of this source's kind; raises SettingsError when its settings cannot be meant."""
    match source.kind:
        case "events":
            from orchestration.sources.events.reader import reader
        case "litellm":
            from orchestration.sources.litellm.reader import reader
        case "litellm_db":
            from orchestration.sources.litellm_db.reader import reader
        case "claude_code":
            from orchestration.sources.claude_code.reader import reader
        case "mapped":
            from orchestration.sources.mapped.reader import reader
        case "otlp":
            from orchestration.sources.otlp.reader import reader
        case "bedrock":
            from orchestration.sources.bedrock.reader import reader
        case "openrouter":
            from orchestration.sources.openrouter.reader import reader
        case "openai":
            from orchestration.sources.openai.reader import reader
        case "anthropic":
            from orchestration.sources.anthropic.reader import reader
        case "langfuse":
            from orchestration.sources.langfuse.reader import reader
    return reader(source)


def api_for(source: "Source", settings: "Settings") -> "Api":
    """How this source's provider is asked; only for kinds that are fetched."""
    match source.kind:
        case "openai":
            from orchestration.sources.openai.fetch import api
        case "anthropic":
            from orchestration.sources.anthropic.fetch import api
        case _:
            raise ValueError(f"a source of kind {source.kind} is not fetched")
    return api(source, settings)


def table_for(source: "Source") -> "Shape":
    """The table that this source's rows are read from; only for kinds that are read from a database."""
    match source.kind:
        case "litellm_db":
            from orchestration.sources.litellm_db.fetch import table
        case _:
            raise ValueError(f"a source of kind {source.kind} is in no database")
    return table(source)


__all__ = ["api_for", "reader_for", "table_for"]
