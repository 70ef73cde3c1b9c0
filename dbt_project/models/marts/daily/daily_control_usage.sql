-- Usage that a control source reports of what another source counts, for reconciliation; part of no other figure.
-- Grain: usage_date × utc_date × source × provider × provider_account × model × service_tier × is_priced ×
-- unpriced_reason × price_version, for the days being built. Providers bill by UTC days, hence both dates.
-- Guarantees: priced as usage is, by the day's own price book; costs are NULL exactly where is_priced is false.
select
    usage_date,
    utc_date,
    source,
    provider,
    control_account as provider_account,
    model,
    service_tier,
    is_priced,
    unpriced_reason,
    price_version,
    cast(sum(events) as bigint) as events,
    {{ sum_measures() }}
from {{ ref('int_usage_summed') }}
where not is_hourly and is_control
group by
    usage_date, utc_date, source, provider, control_account, model, service_tier, is_priced, unpriced_reason,
    price_version
