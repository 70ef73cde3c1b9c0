-- A month is the sum of its days, to the last decimal.
with

days as (
    select
        month,
        sum(requests) as requests,
        sum(total_tokens) as total_tokens,
        sum(list_cost) as list_cost,
        sum(markup_cost) as markup_cost,
        sum(discount_cost) as discount_cost,
        sum(effective_cost) as effective_cost
    from {{ ref('month_days') }}
    group by month
),

months as (
    select
        month,
        sum(requests) as requests,
        sum(total_tokens) as total_tokens,
        sum(list_cost) as list_cost,
        sum(markup_cost) as markup_cost,
        sum(discount_cost) as discount_cost,
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
    or days.list_cost is distinct from months.list_cost
    or days.markup_cost is distinct from months.markup_cost
    or days.discount_cost is distinct from months.discount_cost
    or days.effective_cost is distinct from months.effective_cost
