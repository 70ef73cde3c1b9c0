-- Conservation from source to mart: what a source delivered for a day is counted there, or a duplicate of what is; and
-- the sources' events are those of the hours.
with

hours as (
    select usage_date, sum(events) as events
    from {{ ref('int_usage_summed') }}
    where grain = 'hour'
    group by usage_date
),

days as (
    select
        usage_date,
        sum(events + control) as events,
        sum(delivered_rows) as delivered_rows,
        sum(duplicates) as duplicates
    from {{ ref('daily_sources') }}
    group by usage_date
)

select *
from days
full outer join hours on days.usage_date = hours.usage_date
where
    days.events is distinct from hours.events
    or days.delivered_rows <> days.events + days.duplicates
    or days.duplicates < 0
