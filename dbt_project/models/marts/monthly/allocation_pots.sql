{{ config(materialized='view', contract={'enforced': false}) }}
-- What is divided in a month: each shared cost in force, and the month's untagged usage where a rule says how.
-- Grain: month × shared_id. Guarantees: `whole` is exact and in the reporting currency; another currency is converted
-- at its rate in force on the month's last day that can have data, which stands beside it. Usage without a price is in
-- no pot. orchestration refuses a currency without a rate, and a second rule for untagged usage.
with

in_force as (
    select
        months.month,
        greatest(months.data_until, months.month) as last_day,
        shared.*
    from {{ source('run', 'months') }} as months
    inner join {{ source('reference', 'shared_costs') }} as shared
        on months.month >= shared.valid_from and months.month < shared.valid_to
),

untagged as (
    select month, sum(effective_cost) as effective_cost
    from {{ ref('month_days') }}
    where department = '' and cost_centre = ''
    group by month
),

rates as (
    select
        in_force.month,
        in_force.shared_id,
        max(fx_rates.rate_date) as fx_date
    from in_force
    inner join {{ source('reference', 'fx_rates') }} as fx_rates
        on in_force.currency = fx_rates.currency and in_force.last_day >= fx_rates.rate_date
    group by in_force.month, in_force.shared_id
)

select
    in_force.month,
    in_force.shared_id,
    in_force.name,
    case when in_force.kind = 'untagged' then 'untagged_share' else 'shared' end as kind,
    in_force.rule,
    in_force.target_type,
    in_force.targets,
    in_force.weights,
    in_force.currency,
    rates.fx_date,
    fx_rates.rate as fx_rate,
    cast(
        case
            when in_force.kind = 'untagged' then coalesce(untagged.effective_cost, 0)
            when in_force.currency = '{{ var("currency", "USD") }}' then in_force.amount
            else in_force.amount * fx_rates.rate
        end as decimal(38, 18)
    ) as whole
from in_force
left join untagged on in_force.month = untagged.month
left join rates
    on
        in_force.month = rates.month and in_force.shared_id = rates.shared_id
        and in_force.currency <> '{{ var("currency", "USD") }}'
left join {{ source('reference', 'fx_rates') }} as fx_rates
    on in_force.currency = fx_rates.currency and rates.fx_date = fx_rates.rate_date
