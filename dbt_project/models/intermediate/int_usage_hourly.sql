{{ config(materialized='table') }}
-- Priced usage summed by local hour and every dimension, so that the daily marts read the events once.
-- Grain: usage_date × hour_at × every dimension × is_priced × unpriced_reason × price_version.
-- Guarantees: sums only; delivered rows and conflicts are carried along for conservation.
select
    usage_date,
    hour_at,
    local_hour,
    {{ usage_dimensions() | join(', ') }},
    is_priced,
    unpriced_reason,
    price_version,
    cast(sum(records) as bigint) as delivered_rows,
    cast(count(*) filter (where is_conflict) as bigint) as conflicts,
    min(event_at) as first_event_at,
    max(event_at) as last_event_at,
    {{ sum_measures() }}
from {{ ref('int_usage_priced') }}
group by all
