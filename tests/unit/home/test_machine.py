"""How much memory a build may take."""

from orchestration import machine


def test_the_limit_is_half_the_memory_and_never_more_than_asked_for() -> None:
    half = machine.memory() // 2 // (1 << 20)
    assert machine.memory_limit(most=1) == "1MiB"
    assert machine.memory_limit(most=1 << 40) == f"{half}MiB"
