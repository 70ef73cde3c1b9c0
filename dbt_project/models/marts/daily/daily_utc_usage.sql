-- Usage as providers bill it: by UTC day, account with the provider, and the model's name in the log.
-- Grain: usage_date × utc_date × provider × provider_account × model × raw_model, for the days being built: a local day
-- touches two or three UTC dates, and is replaced whole, so a UTC date is the sum over the local days that touch it.
-- Guarantees: usage only; sums by usage_date to the same totals as daily_usage. Costs are those of the priced part, and
-- NULL where nothing is priced; unpriced_events says how much is not in them.
select
    usage_date,
    billed_date as utc_date,
    provider,
    billed_account as provider_account,
    model,
    billed_model as raw_model,
    cast(sum(events) as bigint) as events,
    cast(coalesce(sum(events) filter (where not is_priced), 0) as bigint) as unpriced_events,
    {{ sum_measures() }}
from {{ ref('int_usage_summed') }}
where is_hourly and not is_control
group by usage_date, billed_date, provider, billed_account, model, billed_model
