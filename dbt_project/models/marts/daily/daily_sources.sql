-- What each source delivered for a day, so that every row can be accounted for.
-- Grain: usage_date × source. Guarantees: delivered_rows = events + duplicates; a conflict is an event whose records
-- carry the same id two or more days apart: it is counted once and shown here.
select
    usage_date,
    source,
    cast(sum(delivered_rows) as bigint) as delivered_rows,
    cast(sum(events) as bigint) as events,
    cast(sum(delivered_rows) - sum(events) as bigint) as duplicates,
    cast(sum(conflicts) as bigint) as conflicts,
    min(first_event_at) as first_event_at,
    max(last_event_at) as last_event_at
from {{ ref('int_usage_summed') }}
where not is_hourly
group by usage_date, source
