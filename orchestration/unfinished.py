"""What a killed run was writing when it was killed: files under their temporary names, which nobody will finish."""

from orchestration.home import Home


def remove_unfinished(home: Home) -> int:
    """Remove temporary files beside prices, fetched reports, statements, ledger copies and registers; returns how many.

    To be called by who holds the writer lock: another writer's files are not unfinished. Landing and publishing
    remove their own.
    """
    places = (
        home.data.glob(".*.tmp"),
        home.prices.glob(".*"),
        (home.data / "ledger-backups").glob(".*.tmp*"),
        home.fetched.rglob(".*.tmp"),
        home.fetching.rglob(".*.tmp"),
        home.statements.rglob(".*.tmp"),
        home.page.rglob(".*.tmp"),
        home.exports.rglob(".*.tmp"),
    )
    left = [path for place in places for path in place]
    for path in left:
        path.unlink()
    return len(left)
