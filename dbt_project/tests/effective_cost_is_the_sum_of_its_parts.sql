-- Every priced row's cost is the exact sum of its six parts, and an unpriced row has no cost at all.
select *
from {{ ref('daily_usage') }}
where
    (is_priced and effective_cost is distinct from {{ cost_parts() | join(' + ') }})
    or (is_priced and effective_cost is null)
    or (not is_priced and coalesce({{ cost_parts() | join(', ') }}, effective_cost) is not null)
    or (is_priced <> (unpriced_reason is null))
