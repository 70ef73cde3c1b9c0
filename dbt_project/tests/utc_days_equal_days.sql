-- What is told apart by the providers' days is what was used on the organisation's.
with

told_apart as (
    select
        usage_date,
        sum(requests) as requests,
        sum(total_tokens) as total_tokens,
        sum(list_cost) as list_cost,
        sum(effective_cost) as effective_cost
    from {{ ref('daily_utc_usage') }}
    group by usage_date
),

days as (
    select
        usage_date,
        sum(requests) as requests,
        sum(total_tokens) as total_tokens,
        sum(list_cost) as list_cost,
        sum(effective_cost) as effective_cost
    from {{ ref('daily_usage') }}
    group by usage_date
)

select *
from told_apart
full outer join days on told_apart.usage_date = days.usage_date
where
    told_apart.requests is distinct from days.requests
    or told_apart.total_tokens is distinct from days.total_tokens
    or told_apart.list_cost is distinct from days.list_cost
    or told_apart.effective_cost is distinct from days.effective_cost
