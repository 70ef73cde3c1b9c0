"""What every asset is given: the home, its settings as they are now, and somebody who listens."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from dagster import AssetExecutionContext

from orchestration.home import Home
from orchestration.journal import Journal, keeping
from orchestration.settings import Settings


@dataclass(frozen=True)
class Site:
    """One home. `settings` is asked anew for each step: a server lives for weeks, and a run has its own `now`.

    `by_hand`: a command runs it in its own process. It keeps a journal already (else what steps say goes to the run's
    event log), and its messages do not wait for their next attempt: whoever calls may just have mended the cause.
    """

    home: Home
    settings: Callable[[], Settings]
    by_hand: bool = False

    @contextmanager
    def step(self, context: AssetExecutionContext) -> Iterator[Settings]:
        """The settings for one step, which is heard while it works."""
        if self.by_hand:
            yield self.settings()
            return
        with keeping(Journal(say=context.log.info)):
            yield self.settings()
