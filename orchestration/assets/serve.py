"""`tallyhouse dev`: Dagster's user interface and daemon on the home's instance."""

import os
import sys
from typing import NoReturn

from orchestration.assets.instance_file import write_instance_file
from orchestration.home import Home
from orchestration.settings import Settings, child_environment


def serve(home: Home, settings: Settings, port: int) -> NoReturn:
    """Become `dagster dev` on 127.0.0.1; schedules and sensors run as long as it does.

    `settings` were read by the caller, so that a wrong one is told before the server starts.
    """
    # `dagster dev` says at every start that another program supersedes it; nobody here can act on that.
    quiet = ["-W", "ignore:Function"]
    command = [sys.executable, *quiet, "-m", "dagster", "dev", "-m", "orchestration.definitions"]
    sys.stdout.flush()
    write_instance_file(home)
    os.execve(sys.executable, [*command, "-h", "127.0.0.1", "-p", str(port)], child_environment(home))
