-- What each source delivered for a day, so that every row can be accounted for.
-- Grain: usage_date × source. Guarantees: delivered_rows = events + control + duplicates; a conflict is an event whose
-- records carry the same id two or more days apart: it is counted once and shown here.
select
    usage_date,
    source,
    cast(sum(delivered_rows) as bigint) as delivered_rows,
    cast(coalesce(sum(events) filter (where not is_control), 0) as bigint) as events,
    cast(coalesce(sum(events) filter (where is_control), 0) as bigint) as control,
    cast(sum(delivered_rows) - sum(events) as bigint) as duplicates,
    cast(sum(conflicts) as bigint) as conflicts,
    min(first_event_at) as first_event_at,
    max(last_event_at) as last_event_at
from {{ ref('int_usage_summed') }}
where grain = 'day'
group by usage_date, source
