-- Conservation from source to mart: what a source delivered for a day is counted there, or a duplicate of what is.
with

counted as (
    select usage_date, source, sum(requests) as requests
    from {{ ref('daily_usage') }}
    group by usage_date, source
)

select *
from {{ ref('daily_sources') }} as sources
full outer join counted on sources.usage_date = counted.usage_date and sources.source = counted.source
where sources.events is distinct from counted.requests or sources.delivered_rows <> sources.events + sources.duplicates
