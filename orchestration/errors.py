"""The one kind of error that a user is meant to read."""


class TallyhouseError(Exception):
    """Something the user can mend: what is wrong in one sentence, and what to do next in another.

    The command line prints both and exits with `exit_code`; no traceback unless `--debug`.
    """

    exit_code = 1

    def __init__(self, message: str, next_step: str) -> None:
        # Both as arguments: a worker process hands its errors over by calling the class with them again.
        super().__init__(message, next_step)
        self.message = message
        self.next_step = next_step

    def __str__(self) -> str:
        return f"{self.message} {self.next_step}"


class SettingsError(TallyhouseError):
    """The home, its settings or its reference tables are wrong; nothing was changed."""

    exit_code = 2


class ConservationError(TallyhouseError):
    """Rows were lost or doubled between delivery and marts; nothing was published."""

    exit_code = 3


class RefusedFilesError(TallyhouseError):
    """The work is done, but the rows of a whole file are not in the figures; it stays so until the file is mended."""

    exit_code = 5


class UnreconciledError(TallyhouseError):
    """The figures of a month do not agree with what providers bill, or a bill that the settings want is not there."""

    exit_code = 7


class DeliveryError(TallyhouseError):
    """Figures are published, but a message could not be handed over; it is kept for the next run."""

    exit_code = 4


class FetchError(TallyhouseError):
    """A provider's API could not be read; what was fetched before is kept, and other sources went on.

    `status`: the HTTP status that ended it, where there was one.
    """

    exit_code = 6

    def __init__(self, message: str, next_step: str, *, status: int | None = None) -> None:
        super().__init__(message, next_step)
        self.status = status


class FindingsError(TallyhouseError):
    """`tallyhouse doctor` found what should be mended; it changed nothing, and a run may work all the same."""

    exit_code = 8
