"""Which columns of LiteLLM's table are fetched, and in which order its rows are walked through."""

from orchestration.fetching.postgres import Shape
from orchestration.settings import Source
from orchestration.sources.litellm.reader import reader


def table(source: Source) -> Shape:
    """The columns that its reader knows, and no other: prompts and answers stay where they are."""
    return Shape(
        table=source.table,
        time="startTime",
        key="request_id",
        columns=tuple(reader(source).structure),
        needed=("request_id", "startTime", "model", "prompt_tokens", "completion_tokens", "metadata"),
    )
