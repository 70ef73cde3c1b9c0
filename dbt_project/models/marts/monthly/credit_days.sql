{{ config(materialized='view', contract={'enforced': false}) }}
-- What credits in money can be used for: the effective cost of complete days, back to the first day of any grant.
-- Grain: usage_date × department × provider × model, priced and above 0; no rows where there is no grant in money.
-- Guarantees: each day comes from exactly one place: month_days where its month is being built, else as published.
-- `closed_month` is the month where that is closed; 0001-01-01 stands for all open months together.
with

days as (
    select usage_date, department, provider, model, effective_cost
    from {{ ref('month_days') }}
    union all by name
    select usage_date, department, provider, model, effective_cost
    from {{ source('published', 'published_credit_days') }}
    where date_trunc('month', usage_date) not in (select months.month from {{ source('run', 'months') }} as months)
)

select
    cast(date_trunc('month', days.usage_date) as date) as month,
    coalesce(closed.month, date '0001-01-01') as closed_month,
    days.usage_date,
    days.department,
    days.provider,
    days.model,
    cast(sum(days.effective_cost) as decimal(38, 18)) as effective_cost
from days
left join {{ source('run', 'closed_months') }} as closed
    on cast(date_trunc('month', days.usage_date) as date) = closed.month
where days.usage_date <= date '{{ var("data_until") }}' and {{ var('money_grants') }} > 0
group by all
having sum(days.effective_cost) > 0
