-- A month that is over, and of commitments each month, charges what monthly_allocation divides, department by
-- department, to the last digit: shared costs and commitments are once in the organisation's statement, and untagged
-- usage that a rule moves is nothing there.
with

divided as (
    select shares.month, shares.department, shares.shared_id, sum(shares.amount) as amount
    from {{ ref('monthly_allocation') }} as shares
    inner join {{ source('run', 'months') }} as months on shares.month = months.month
    where
        shares.shared_id <> ''
        and (
            shares.kind in ('commitment', 'commitment_unused')
            or months.owed_until >= months.next_month - interval 1 day
        )
    group by shares.month, shares.department, shares.shared_id
    having sum(shares.amount) <> 0
),

charged as (
    select month, scope as department, shared_id, sum(amount) as amount
    from {{ ref('monthly_charges') }}
    where scope_type = 'department' and shared_id <> ''
    group by month, scope, shared_id
)

select divided.month, divided.department, divided.shared_id, divided.amount, charged.amount as charged
from divided
full outer join charged
    on
        divided.month = charged.month and divided.department = charged.department
        and divided.shared_id = charged.shared_id
where divided.amount is distinct from charged.amount
union all
select month, '' as department, shared_id, sum(whole) as amount, sum(charged) as charged
from (
    select month, shared_id, amount as whole, 0 as charged
    from divided
    union all
    select month, shared_id, 0 as whole, amount as charged
    from {{ ref('monthly_charges') }}
    where scope_type = 'organisation' and shared_id <> ''
) as both_sides
group by month, shared_id
having sum(whole) <> sum(charged)
