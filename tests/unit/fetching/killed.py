"""Fetches a home and kills itself with SIGKILL at the given change of the file system (0: never)."""

import os
import pickle
import signal
import sys

from orchestration.fetching import fetch
from orchestration.fetching.http import Patience

_CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "shutil.rmtree"}


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
    report = fetch(home, settings, patience=Patience(total=5, attempts=2, first_delay=0.01))
    assert not report.failed, report
    print(seen)


main()
