"""Lands a home and kills itself with SIGKILL at the given change of the file system (0: never)."""

import os
import pickle
import signal
import sys

import orchestration.landing.batches as batches
import orchestration.landing.commit
import orchestration.landing.load  # noqa: F401
from orchestration.landing import land

_CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "shutil.rmtree", "os.symlink"}


def main() -> None:
    home, settings = pickle.loads(sys.stdin.buffer.read())
    at = int(sys.argv[1])
    batches.MAX_FILES = 2
    seen = 0

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal seen
        writes = event == "open" and isinstance(arguments[1], str) and set("wxa") & set(arguments[1])
        if event in _CHANGES or writes:
            seen += 1
            if seen == at:
                os.kill(os.getpid(), signal.SIGKILL)

    print("ready", flush=True)
    sys.addaudithook(hook)
    land(home, settings)
    print(seen)


main()
