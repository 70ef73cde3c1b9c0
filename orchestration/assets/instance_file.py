"""data/dagster/dagster.yaml: how Dagster works in this home. Light: the server is started without importing Dagster."""

from orchestration.files import write_atomically
from orchestration.home import Home

_CONTENT = """\
# Written by Tallyhouse; changes are overwritten.
telemetry:
  enabled: false
# Steps speak through the event log. Capturing the output streams would take the terminal away from the command line.
compute_logs:
  module: dagster._core.storage.noop_compute_log_manager
  class: NoOpComputeLogManager
# The daemon of the user interface starts queued runs. Writers queue at the home's own lock, which a killed
# process cannot keep; a limit here would count runs of killed command lines.
run_coordinator:
  module: dagster.core.run_coordinator
  class: QueuedRunCoordinator
retention:
  schedule:
    purge_after_days: {skipped: 7, failure: 90, success: -1}
  sensor:
    purge_after_days: {skipped: 2, failure: 30, success: -1}
"""


def write_instance_file(home: Home) -> None:
    """Put the file in place, unless it is there as it should be."""
    path = home.dagster / "dagster.yaml"
    if not path.exists() or path.read_text(encoding="utf-8") != _CONTENT:
        write_atomically(path, _CONTENT)
