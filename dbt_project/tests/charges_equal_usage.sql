-- What is charged before credits is the exact effective cost of the month's complete days, for the organisation and
-- for each department; and of every kind of line the departments' amounts add up to the organisation's.
with

usage as (
    select days.month, days.department, sum(days.effective_cost) as effective_cost
    from {{ ref('month_days') }} as days
    inner join {{ source('run', 'months') }} as months on days.month = months.month
    where days.is_priced and days.usage_date <= months.data_until
    group by days.month, days.department
),

charged as (
    select month, scope, sum(amount) as amount
    from {{ ref('monthly_charges') }}
    where scope_type = 'department' and line_kind in ('usage', 'markup', 'discount')
    group by month, scope
),

kinds as (
    select
        month,
        line_kind,
        sum(case when scope_type = 'organisation' then amount else -amount end) as off_by
    from {{ ref('monthly_charges') }}
    where line_kind not in ('tax_contained', 'tax_added')
    group by month, line_kind
)

select usage.month, usage.department as what, usage.effective_cost - charged.amount as off_by
from usage
full outer join charged on usage.month = charged.month and usage.department = charged.scope
where usage.effective_cost is distinct from charged.amount
union all
select month, line_kind as what, off_by
from kinds
where off_by <> 0
