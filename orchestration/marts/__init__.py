"""From raw facts to one published snapshot: which days are stale, building them with dbt, one atomic swap."""
