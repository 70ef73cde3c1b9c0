-- Credits by calendar month of the organisation.
-- Grain: month × source × workspace × department × feature × channel × credit_type × credit_measure.
-- Guarantees: built from daily_credits alone, rebuilt days from this build and the others as published: a flow is the
-- sum of its days, a level the highest of them.
with

days as (
    select * from {{ ref('daily_credits') }}
    union all by name
    select * from {{ source('published', 'published_daily_credits') }}
    where usage_date not in (select days.usage_date from {{ source('run', 'days') }} as days)
)

select
    months.month,
    {{ credit_dimensions() | join(', ') }},
    {{ credit_total('quantity') }} as quantity,
    cast(sum(events) as bigint) as events
from days
inner join {{ source('run', 'months') }} as months
    on days.usage_date >= months.month and days.usage_date < months.next_month
group by months.month, {{ credit_dimensions() | join(', ') }}
