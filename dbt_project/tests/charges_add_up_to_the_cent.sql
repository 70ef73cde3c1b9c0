-- Lines before tax add up to their rounded sum, no line moves by a cent, departments add up to the organisation, and
-- credits leave nothing below zero.
with

sums as (
    select
        month,
        scope_type,
        scope,
        line_kind = 'prepaid_credit' as is_prepaid,
        sum(amount) as amount,
        sum(rounded_amount) as rounded
    from {{ ref('monthly_charges') }}
    where line_kind not in ('tax_contained', 'tax_added')
    group by all
),

totals as (
    select
        month,
        sum(case when scope_type = 'organisation' then rounded_amount else -rounded_amount end) as off_by
    from {{ ref('monthly_charges') }}
    where is_charged
    group by month
)

select month, scope_type, scope, 'lines do not add up to their rounded sum' as what
from sums
where
    (scope_type = 'organisation' and rounded <> round(amount, 2)) or abs(rounded - amount) >= 0.01
    or (not is_prepaid and amount < 0)
union all
select month, scope_type, scope, 'a line moved by a cent' as what
from {{ ref('monthly_charges') }}
where abs(rounded_amount - amount) >= 0.01
union all
select month, 'organisation' as scope_type, '' as scope, 'departments do not add up' as what
from totals
where off_by <> 0
