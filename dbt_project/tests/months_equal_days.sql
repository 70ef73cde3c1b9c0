-- A month is the sum of its days, to the last decimal.
with

days as (
    select
        month,
        sum(requests) as requests,
        sum(total_tokens) as total_tokens,
        sum(effective_cost) as effective_cost
    from {{ ref('month_days') }}
    group by month
),

months as (
    select
        month,
        sum(requests) as requests,
        sum(total_tokens) as total_tokens,
        sum(effective_cost) as effective_cost
    from {{ ref('monthly_usage') }}
    group by month
)

select *
from days
full outer join months on days.month = months.month
where
    days.requests is distinct from months.requests
    or days.total_tokens is distinct from months.total_tokens
    or days.effective_cost is distinct from months.effective_cost
