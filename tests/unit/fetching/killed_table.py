"""Reads a home's table in small pages and kills itself with SIGKILL at the given change of the file system (0: never).

DuckDB's own writes are not seen; the renames that make them count are.
"""

import os
import pickle
import signal
import sys

from orchestration.fetching.table import fetch_table

_CHANGES = {"os.rename", "os.remove", "os.mkdir"}


def main() -> None:
    home, settings = pickle.loads(sys.stdin.buffer.read())
    at = int(sys.argv[1])
    seen = 0

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal seen
        writes = event == "open" and isinstance(arguments[1], str) and set("wxa") & set(arguments[1])
        if event in _CHANGES or writes:
            seen += 1
            if seen == at:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
    done = fetch_table(home, settings, settings.sources["gateway"], page_rows=10)
    assert done.failure is None, done
    print(seen)


main()
