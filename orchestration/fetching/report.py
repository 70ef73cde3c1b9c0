"""What a fetch did, for the command line and Dagster. Light to import."""

from dataclasses import dataclass
from typing import Literal

from orchestration.fetching.state import Failure


@dataclass(frozen=True)
class SourceFetch:
    """One source. `windows` were asked for in full; of these, `generations` came new or changed, with `rows` rows.

    `unit`: what a window is; the pages of a table and the objects of a bucket count as such;
    copied objects are generations, with `bytes` and without rows. `repeated`: rows left out because the provider sent a
    page or a bucket twice, or because a table's row was fetched before. `failure`: why it ended early.
    """

    source: str
    requests: int = 0
    windows: int = 0
    generations: int = 0
    rows: int = 0
    repeated: int = 0
    failure: Failure | None = None
    unit: Literal["window", "page", "object"] = "window"
    bytes: int = 0


@dataclass(frozen=True)
class FetchReport:
    """One fetch over all sources that had windows due."""

    sources: tuple[SourceFetch, ...] = ()

    @property
    def failed(self) -> tuple[SourceFetch, ...]:
        return tuple(source for source in self.sources if source.failure is not None)


@dataclass(frozen=True)
class DueSpan:
    """What a fetch would ask for."""

    source: str
    report: str
    span: str
