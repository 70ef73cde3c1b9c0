"""The small home of the marts' tests."""

from tests.unit.marts.conftest import small

__all__ = ["small"]
