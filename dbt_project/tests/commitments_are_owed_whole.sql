-- Of a month that is over a flat fee is owed to the last digit, used and unused; a least spend with the usage that
-- counts towards it is never less than its amount. Nobody bears more of a flat fee than the list cost of what he used.
with

in_force as (
    select months.month, months.data_until, commitments.*
    from {{ source('run', 'months') }} as months
    inner join {{ source('reference', 'commitments') }} as commitments
        on months.month >= commitments.valid_from and months.month < commitments.valid_to
    where
        commitments.currency = '{{ var("currency") }}'
        and months.owed_until >= months.next_month - interval 1 day
),

owed as (
    select
        in_force.month,
        in_force.commitment_id,
        in_force.kind,
        in_force.amount,
        coalesce(sum({{ committed_basis('in_force.kind', 'days') }}), 0) as value
    from in_force
    left join {{ ref('month_days') }} as days on {{ is_committed('in_force', 'days') }}
    group by in_force.month, in_force.commitment_id, in_force.kind, in_force.amount
),

charged as (
    select month, shared_id, sum(amount) as amount
    from {{ ref('monthly_allocation') }}
    where kind in ('commitment', 'commitment_unused')
    group by month, shared_id
)

select owed.month, owed.commitment_id
from owed
left join charged on owed.month = charged.month and owed.commitment_id = charged.shared_id
where
    (owed.kind = 'flat' and charged.amount is distinct from owed.amount)
    or (owed.kind = 'minimum' and coalesce(charged.amount, 0) + owed.value < owed.amount)
union all
select month, shared_id as commitment_id
from {{ ref('monthly_allocation') }}
where kind = 'commitment' and amount > basis
