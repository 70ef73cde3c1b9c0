"""The example company that `tallyhouse init --demo` writes, and the blank home that `tallyhouse init` writes."""

from orchestration.demo.home_files import write_blank
from orchestration.demo.summary import DemoSummary, SourceTally
from orchestration.demo.write import write_demo

__all__ = ["DemoSummary", "SourceTally", "write_blank", "write_demo"]
