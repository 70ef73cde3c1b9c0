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
    events,
    unpriced_events,
    {{ measures() | join(', ') }}
from {{ ref('int_usage_summed') }}
where grain = 'utc_day' and not is_control
