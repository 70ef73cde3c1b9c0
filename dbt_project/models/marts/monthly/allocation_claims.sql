{{ config(materialized='table', database='scratch', contract={'enforced': false}) }}
-- Who takes part in what is divided, and with how much: 1 where it is even, the weight, or the month's own cost.
-- Grain: month × kind × shared_id × cost_centre × department. Guarantees: every named target is here, also one without
-- usage; where none is named, everybody with usage in the month. A cost below zero counts as none. A flat fee goes by
-- the list cost of what it covers, whoever used it, also where nobody is named; nobody takes part in what is unused. A
-- target is a cost centre or a department; the other of the two is added where there is exactly one: as departments.csv
-- has it on the month's last day, else as the month's usage has it; else it is ''.
with

used as (
    select month, cost_centre, department, sum(effective_cost) as effective_cost
    from {{ ref('monthly_usage') }}
    group by month, cost_centre, department
),

users as (
    select month, 'department' as target_type, department as target, sum(effective_cost) as effective_cost
    from used
    where department <> ''
    group by month, department
    union all
    select month, 'cost_centre' as target_type, cost_centre as target, sum(effective_cost) as effective_cost
    from used
    where cost_centre <> ''
    group by month, cost_centre
),

-- What departments.csv says comes first.
homes as (
    select months.month, departments.cost_centre, departments.department, 1 as place
    from {{ source('run', 'months') }} as months
    inner join {{ source('reference', 'departments') }} as departments
        on
            greatest(months.owed_until, months.month) >= departments.valid_from
            and greatest(months.owed_until, months.month) < departments.valid_to
    where departments.cost_centre <> ''
    union
    select month, cost_centre, department, 2 as place
    from used
    where cost_centre <> '' and department <> ''
),

pairs as (
    select month, 'department' as target_type, department as target, cost_centre as other, place from homes
    union all
    select month, 'cost_centre' as target_type, cost_centre as target, department as other, place from homes
),

other_of as (
    select month, target_type, target, case when count(*) = 1 then min(other) else '' end as other
    from (
        select *, min(place) over (partition by month, target_type, target) as first_place
        from pairs
    ) as placed
    where place = first_place
    group by month, target_type, target
),

named as (
    select
        month,
        shared_id,
        trim(unnest(string_split(targets, ';'))) as target,
        cast(nullif(trim(unnest(string_split(weights, ';'))), '') as decimal(15, 6)) as weight
    from {{ ref('allocation_pots') }}
    where targets <> ''
),

claims as (
    select pots.month, pots.kind, pots.shared_id, pots.rule, pots.target_type, named.target, named.weight
    from {{ ref('allocation_pots') }} as pots
    inner join named on pots.month = named.month and pots.shared_id = named.shared_id
    where named.target is not null and pots.targets <> ''
    union all
    select pots.month, pots.kind, pots.shared_id, pots.rule, pots.target_type, users.target, null as weight
    from {{ ref('allocation_pots') }} as pots
    inner join users on pots.month = users.month and pots.target_type = users.target_type
    where pots.targets = ''
),

fees as (
    select months.month, months.data_until, flat.*
    from {{ source('run', 'months') }} as months
    inner join {{ source('reference', 'commitments') }} as flat
        on months.month >= flat.valid_from and months.month < flat.valid_to
    where flat.kind = 'flat'
)

select
    claims.month,
    claims.kind,
    claims.shared_id,
    case when claims.target_type = 'department' then coalesce(other_of.other, '') else claims.target end as cost_centre,
    case when claims.target_type = 'department' then claims.target else coalesce(other_of.other, '') end as department,
    cast(
        case claims.rule
            when 'even' then 1
            when 'weight' then claims.weight
            else greatest(coalesce(users.effective_cost, 0), 0)
        end as decimal(38, 18)
    ) as basis
from claims
left join users
    on claims.month = users.month and claims.target_type = users.target_type and claims.target = users.target
left join other_of
    on
        claims.month = other_of.month and claims.target_type = other_of.target_type
        and claims.target = other_of.target
union all
select
    fees.month,
    'commitment' as kind,
    fees.commitment_id as shared_id,
    days.cost_centre,
    days.department,
    cast(sum({{ committed_basis("'flat'", 'days') }}) as decimal(38, 18)) as basis
from {{ ref('month_days') }} as days
inner join fees on {{ is_committed('fees', 'days') }}
group by fees.month, fees.commitment_id, days.cost_centre, days.department
having sum({{ committed_basis("'flat'", 'days') }}) > 0
