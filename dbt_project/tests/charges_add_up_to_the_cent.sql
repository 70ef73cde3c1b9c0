-- Each statement's lines before tax add up to their rounded sum, no line moves by a cent, and credits leave nothing
-- below zero but for nobody, whose usage a rule gives away whole, credits or not.
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
)

select month, scope_type, scope, 'lines do not add up to their rounded sum' as what
from sums
where rounded <> round(amount, 2) or (not is_prepaid and amount < 0 and not (scope_type = 'department' and scope = ''))
union all
select month, scope_type, scope, 'a line moved by a cent' as what
from {{ ref('monthly_charges') }}
where abs(rounded_amount - amount) >= 0.01
