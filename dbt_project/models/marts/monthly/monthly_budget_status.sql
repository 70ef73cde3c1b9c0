-- How much of each budget is used.
-- Grain: month × budget. Guarantees: actual is the exact effective cost of the budget's scope in daily_usage, before
-- tax; usage without a price is not in it and is counted beside it. share_used is rounded to six decimals, for display.
with

status as (
    select
        month,
        next_month,
        data_until,
        budget_id,
        budget_version,
        scope_type,
        scope,
        measure,
        amount,
        currency,
        cast(sum(spend) as decimal(38, 18)) as actual,
        cast(sum(unpriced_requests) as bigint) as unpriced_requests
    from {{ ref('budget_days') }}
    group by all
),

highest as (
    select month, budget_id, max(threshold) as highest_threshold
    from {{ ref('monthly_budget_crossings') }}
    group by month, budget_id
)

select
    status.month,
    status.budget_id,
    status.budget_version,
    status.scope_type,
    status.scope,
    status.measure,
    status.amount,
    status.currency,
    status.actual,
    cast(status.amount - status.actual as decimal(38, 18)) as remaining,
    {{ ratio('status.actual', 'status.amount', 6) }} as share_used,
    status.data_until,
    cast(date_diff('day', status.month, status.next_month) as integer) as days_in_month,
    cast(greatest(date_diff('day', status.month, status.data_until) + 1, 0) as integer) as days_elapsed,
    highest.highest_threshold,
    status.unpriced_requests
from status
left join highest on status.month = highest.month and status.budget_id = highest.budget_id
