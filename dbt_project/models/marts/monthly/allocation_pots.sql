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
    fx.rate_date as fx_date,
    case when fx.rate_date is not null then fx.rate end as fx_rate,
    cast(
        case
            when in_force.kind = 'untagged' then coalesce(untagged.effective_cost, 0)
            when in_force.currency = '{{ var("currency") }}' then in_force.amount
            else {{ at_rate('in_force.amount', 'fx.rate') }}
        end as decimal(38, 18)
    ) as whole
from in_force
left join untagged on in_force.month = untagged.month
{{ join_rate('in_force.currency', 'in_force.last_day') }}
