"""The landing helpers, shared with the tests of landing."""

import importlib.util
import sys
from pathlib import Path

_PATH = Path(__file__).parents[1] / "landing" / "conftest.py"
_SPEC = importlib.util.spec_from_file_location("landing_helpers", _PATH)
assert _SPEC is not None and _SPEC.loader is not None
landing_helpers = importlib.util.module_from_spec(_SPEC)
sys.modules["landing_helpers"] = landing_helpers
_SPEC.loader.exec_module(landing_helpers)

make_place = landing_helpers.make_place
place = landing_helpers.place
