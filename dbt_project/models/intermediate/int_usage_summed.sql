{{ config(materialized='table', database='scratch') }}
-- Priced usage summed at the two grains of the daily marts, so that the events are read once.
-- Grain: is_control × where is_hourly is false, usage_date × every dimension × is_priced × unpriced_reason ×
-- price_version; where it is true, usage_date × hour_at × department × provider × model × is_priced × what a provider's
-- bill knows (account, UTC day, model as the log names it), the other columns being NULL.
-- Control rows of the first also keep the account and the UTC day that a provider's report is of; NULL for usage.
-- Guarantees: sums only, each event once in both; delivered rows and conflicts are carried along for conservation.
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
    grouping(hour_at) = 0 as is_hourly,
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
    (
        is_control, usage_date, hour_at, local_hour, department, provider, model, is_priced,
        billed_account, billed_date, billed_model
    )
)
