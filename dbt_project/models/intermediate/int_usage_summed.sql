{{ config(materialized='table', database='scratch') }}
-- Priced usage summed at the three grains of the daily marts, so that the events are read once.
-- Grain: is_control × by `grain`, the columns of the others being NULL:
--   day: usage_date × every dimension × is_priced × unpriced_reason × price_version
--   hour: usage_date × hour_at × department × provider × model × is_priced
--   utc_day: usage_date × what a provider's bill knows (account, UTC day, provider, model, model as the log names it)
-- Control rows of the first also keep the account and the UTC day that a provider's report is of; NULL for usage.
-- Guarantees: sums only, each event once in each; delivered rows and conflicts are carried along for conservation. Sums
-- of costs are those of the priced events, and NULL where there are none.
with

told_apart as (
    select
        *,
        coalesce(role, 'usage') = 'control' as is_control,
        case when role = 'control' then coalesce(provider_account, '') end as control_account,
        case when role = 'control' then cast(event_at as date) end as utc_date,
        coalesce(provider_account, '') as billed_account,
        cast(event_at as date) as billed_date,
        coalesce(raw_model, '') as billed_model
    from {{ ref('int_usage_priced') }}
)

select
    case
        when grouping(hour_at) = 0 then 'hour'
        when grouping(billed_date) = 0 then 'utc_day'
        else 'day'
    end as grain,
    is_control,
    control_account,
    utc_date,
    usage_date,
    hour_at,
    local_hour,
    billed_account,
    billed_date,
    billed_model,
    {{ usage_dimensions() | join(', ') }},
    is_priced,
    unpriced_reason,
    price_version,
    cast(count(*) as bigint) as events,
    cast(count(*) filter (where not is_priced) as bigint) as unpriced_events,
    cast(sum(records) as bigint) as delivered_rows,
    cast(count(*) filter (where is_conflict) as bigint) as conflicts,
    min(event_at) as first_event_at,
    max(event_at) as last_event_at,
    {{ sum_measures() }}
from told_apart
-- The linter's grammar of DuckDB has no grouping sets.
group by grouping sets (  -- noqa: PRS (the linter's DuckDB dialect does not know them yet)  -- noqa: PRS
    (
        is_control, control_account, utc_date,
        usage_date, {{ usage_dimensions() | join(', ') }}, is_priced, unpriced_reason, price_version
    ),
    (is_control, usage_date, hour_at, local_hour, department, provider, model, is_priced),
    (is_control, usage_date, billed_account, billed_date, provider, model, billed_model)
)
