"""Fetching: what providers' APIs report becomes files that are landed like any other. No Dagster, no money.

`fetch` asks for every window that is due; `due` only looks. requests is imported when something is really sent.
"""

from orchestration.fetching.generations import Generation, generation_of
from orchestration.fetching.report import DueSpan, FetchReport, SourceFetch
from orchestration.fetching.runner import due, fetch, fetched_until
from orchestration.fetching.state import FetchState, read_state

__all__ = [
    "DueSpan",
    "FetchReport",
    "FetchState",
    "Generation",
    "SourceFetch",
    "due",
    "fetch",
    "fetched_until",
    "generation_of",
    "read_state",
]
