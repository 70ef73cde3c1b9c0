-- What is charged in a month is its effective cost, its shared costs and its commitments, to the last digit; the shares
-- of one cost are the whole of it, and what a rule gives of untagged usage it takes from there.
with

usage as (
    select month, coalesce(sum(effective_cost), 0) as whole
    from {{ ref('month_days') }}
    group by month
),

pots as (
    select month, sum(case when kind <> 'untagged_share' then whole else 0 end) as whole
    from {{ ref('allocation_pots') }}
    group by month
),

charged as (
    select month, sum(amount) as amount
    from {{ ref('monthly_allocation') }}
    group by month
),

shares as (
    select month, kind, shared_id, sum(amount) as amount
    from {{ ref('monthly_allocation') }}
    where shared_id <> ''
    group by month, kind, shared_id
)

select 'month' as what, charged.month
from charged
left join usage on charged.month = usage.month
left join pots on charged.month = pots.month
where charged.amount <> coalesce(usage.whole, 0) + coalesce(pots.whole, 0)
union all
select pots.shared_id as what, pots.month
from {{ ref('allocation_pots') }} as pots
left join shares
    on pots.month = shares.month and pots.kind = shares.kind and pots.shared_id = shares.shared_id
where shares.amount is distinct from case when pots.kind <> 'untagged_share' then pots.whole else 0 end
