-- A priced row's list cost is the exact sum of its six parts, and its effective cost that with markups and discounts;
-- an unpriced row has no cost at all. A discount never adds, a markup never takes off, and nothing falls below zero.
select *
from {{ ref('daily_usage') }}
where
    (is_priced and list_cost is distinct from {{ cost_parts() | join(' + ') }})
    or (is_priced and effective_cost is distinct from list_cost + markup_cost + discount_cost)
    or (is_priced and effective_cost is null)
    or (is_priced and (markup_cost < 0 or discount_cost > 0 or effective_cost < 0))
    or (not is_priced and coalesce({{ (cost_parts() + cost_totals()) | join(', ') }}) is not null)
    or (is_priced <> (unpriced_reason is null))
