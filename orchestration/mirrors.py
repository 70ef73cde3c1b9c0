"""Sources that deliver the same events as another one: an event of both counts once."""

from collections.abc import Mapping

from orchestration.settings import Source


def mirror_chain(sources: Mapping[str, Source], name: str) -> tuple[str, ...]:
    """The source, what it mirrors, what that mirrors, and so on to the root."""
    chain = [name]
    while (source := sources.get(chain[-1])) is not None and source.mirrors is not None:
        chain.append(source.mirrors)
    return tuple(chain)


def mirror_group(sources: Mapping[str, Source], name: str) -> tuple[str, ...]:
    """Every source that shares events with this one, itself among them, by name."""
    root = mirror_chain(sources, name)[-1]
    return tuple(sorted({name} | {other for other in sources if mirror_chain(sources, other)[-1] == root}))


def mirror_roots(sources: Mapping[str, Source]) -> dict[str, tuple[str, int]]:
    """For each source that mirrors another: the root, whose records win, and how many steps lie between."""
    chains = {name: mirror_chain(sources, name) for name in sorted(sources)}
    return {name: (chain[-1], len(chain) - 1) for name, chain in chains.items() if len(chain) > 1}
