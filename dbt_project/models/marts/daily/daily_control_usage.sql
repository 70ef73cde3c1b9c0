-- Usage that a control source reports of what another source counts, for reconciliation; part of no other figure.
-- Grain: usage_date × utc_date × source × provider × provider_account × model × service_tier × is_priced ×
-- unpriced_reason × price_version, for the days being built. Providers bill by UTC days, hence both dates.
-- Guarantees: priced as usage is, by the day's own price book; costs are NULL exactly where is_priced is false.
select
    summed.usage_date,
    utc_date,
    source,
    provider,
    control_account as provider_account,
    model,
    service_tier,
    is_priced,
    unpriced_reason,
    summed.price_version,
    cast(sum(events) as bigint) as events,
    {{ sum_measures() }},
    {{ rates_of_day('days') }}
from {{ ref('int_usage_summed') }} as summed
inner join {{ source('run', 'days') }} as days on summed.usage_date = days.usage_date
where grain = 'day' and is_control
group by
    summed.usage_date, utc_date, source, provider, control_account, model, service_tier, is_priced, unpriced_reason,
    summed.price_version, days.fx_rate, days.fx_date
