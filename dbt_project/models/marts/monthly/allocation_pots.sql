{{ config(materialized='table', database='scratch', contract={'enforced': false}) }}
-- What is divided in a month: each shared cost in force, the month's untagged usage where a rule says how, and what
-- commitments owe: a flat fee as far as its usage is worth it at list price, and what is unused of it or of a least
-- spend.
-- Grain: month × kind × shared_id. Guarantees: `whole` is exact and in the reporting currency; another currency is
-- converted at its rate in force on the month's last day that can have data, which stands beside it. A flat fee is owed
-- for complete days, rounded half up at the 18th decimal while the month is not over, and whole once it is, whether its
-- last days have usage or not; a least spend once it is. Usage
-- without a price is in no pot. orchestration refuses a currency without a rate, a second rule for untagged usage and a
-- second commitment of a kind for the same usage.
with

in_force as (
    select
        months.month,
        greatest(months.owed_until, months.month) as last_day,
        shared.*
    from {{ source('run', 'months') }} as months
    inner join {{ source('reference', 'shared_costs') }} as shared
        on months.month >= shared.valid_from and months.month < shared.valid_to
),

untagged as (
    select month, sum(effective_cost) as effective_cost
    from {{ ref('monthly_usage') }}
    where department = '' and cost_centre = ''
    group by month
),

committed as (
    select
        months.month,
        months.data_until,
        greatest(months.owed_until, months.month) as last_day,
        months.owed_until >= months.next_month - interval 1 day as is_over,
        greatest(date_diff('day', months.month, months.owed_until) + 1, 0) as days_elapsed,
        date_diff('day', months.month, months.next_month) as days_in_month,
        commitments.*
    from {{ source('run', 'months') }} as months
    inner join {{ source('reference', 'commitments') }} as commitments
        on months.month >= commitments.valid_from and months.month < commitments.valid_to
),

owed as (
    select
        committed.*,
        case
            when kind = 'flat' then {{ share_of('amount', 'days_elapsed', 'days_in_month') }}
            when is_over then cast(amount as decimal(38, 18))
            else cast(0 as decimal(38, 18))
        end as owed
    from committed
),

counted as (
    select
        owed.month,
        owed.commitment_id,
        cast(coalesce(sum({{ committed_basis('owed.kind', 'days') }}), 0) as decimal(38, 18)) as value
    from {{ ref('month_days') }} as days
    inner join owed on {{ is_committed('owed', 'days') }}
    group by owed.month, owed.commitment_id
),

commitments as (
    select
        owed.month,
        owed.commitment_id as shared_id,
        owed.name,
        owed.kind = 'flat' as is_flat,
        owed.currency,
        fx.rate_date as fx_date,
        case when fx.rate_date is not null then fx.rate end as fx_rate,
        cast(
            case
                when owed.currency = '{{ var("currency") }}' then owed.owed
                else {{ at_rate('owed.owed', 'fx.rate') }}
            end as decimal(38, 18)
        ) as amount,
        coalesce(counted.value, 0) as value
    from owed
    left join counted on owed.month = counted.month and owed.commitment_id = counted.commitment_id
    {{ join_rate('owed.currency', 'owed.last_day') }}
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
union all
select
    month,
    shared_id,
    name,
    'commitment' as kind,
    'use' as rule,
    '' as target_type,
    '' as targets,
    '' as weights,
    currency,
    fx_date,
    fx_rate,
    cast(least(amount, value) as decimal(38, 18)) as whole
from commitments
where is_flat
union all
select
    month,
    shared_id,
    name,
    'commitment_unused' as kind,
    'use' as rule,
    '' as target_type,
    '' as targets,
    '' as weights,
    currency,
    fx_date,
    fx_rate,
    cast(greatest(amount - value, 0) as decimal(38, 18)) as whole
from commitments
