"""The options that every command takes, on either side of its name; the last one given wins."""

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestration.errors import TallyhouseError
from orchestration.home import Home, find_home

if TYPE_CHECKING:
    from orchestration.settings import Settings

HomeOption = Annotated[Path | None, typer.Option("--home", help="The home to work on (else TALLYHOUSE_HOME).")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of tables.")]
DebugOption = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]


@dataclass(frozen=True)
class Given:
    """What was given so far."""

    home: Path | None = None
    as_json: bool = False
    debug: bool = False

    def then(self, home: Path | None, as_json: bool, debug: bool) -> "Given":
        """With what stands further to the right."""
        return Given(home or self.home, as_json or self.as_json, debug or self.debug)

    @contextmanager
    def opened(self) -> "Iterator[tuple[Home, Settings]]":
        """The home that the options name, and its settings; what is printed is in its currency."""
        from orchestration.settings import load_settings
        from reports.currency import using

        home = self._find()
        settings = load_settings(home)
        with using(settings.currency):
            yield home, settings

    @contextmanager
    def told(self) -> Iterator[None]:
        """What goes wrong is said in two sentences and becomes the exit code."""
        try:
            yield
        except (typer.Exit, typer.Abort, BrokenPipeError):
            raise
        except TallyhouseError as error:
            self._say(error, error)
        except Exception as error:
            from orchestration.crash import foreseen
            from orchestration.settings import current_time

            self._say(error, foreseen(error, logs=self._logs(), now=current_time()))

    def _say(self, raised: Exception, told: TallyhouseError) -> None:
        from orchestration.console import print_error

        if self.debug:
            import traceback

            traceback.print_exception(raised)
        print_error(told)
        raise typer.Exit(told.exit_code) from None

    def _find(self) -> Home:
        from orchestration.settings import home_from_environment

        return find_home(self.home, home_from_environment(), Path.cwd())

    def _logs(self) -> Path | None:
        try:
            return self._find().logs
        except TallyhouseError:
            return None


def group(app: typer.Typer) -> None:
    """Let the group take the common options before the command."""

    @app.callback()
    def take(
        context: typer.Context, home: HomeOption = None, as_json: JsonOption = False, debug: DebugOption = False
    ) -> None:
        context.obj = (context.obj or Given()).then(home, as_json, debug)


def command(app: typer.Typer, name: str | None = None) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register `function(given, …)`: its own options come from its signature, the common ones in `given`."""

    def register(function: Callable[..., None]) -> Callable[..., None]:
        @wraps(function)
        def call(context: typer.Context, home: Path | None, as_json: bool, debug: bool, **own: Any) -> None:
            given = (context.obj or Given()).then(home, as_json, debug)
            with given.told():
                function(given, **own)

        keyword = inspect.Parameter.KEYWORD_ONLY
        common = {"home": (HomeOption, None), "as_json": (JsonOption, False), "debug": (DebugOption, False)}
        own = [item.replace(kind=keyword) for item in list(inspect.signature(function).parameters.values())[1:]]
        shown = [
            inspect.Parameter("context", keyword, annotation=typer.Context),
            *own,
            *(inspect.Parameter(key, keyword, annotation=kind, default=value) for key, (kind, value) in common.items()),
        ]
        call.__signature__ = inspect.Signature(shown)  # type: ignore[attr-defined]
        call.__annotations__ = {item.name: item.annotation for item in shown}
        app.command(name)(call)
        return function

    return register
