-- A budget's actual is the exact effective cost of its scope.
with

scopes as (
    select
        status.month,
        status.budget_id,
        coalesce(sum(usage.effective_cost), 0) as effective_cost
    from {{ ref('monthly_budget_status') }} as status
    left join {{ ref('monthly_usage') }} as usage
        on status.month = usage.month and (status.scope_type = 'organisation' or status.scope = usage.department)
    group by status.month, status.budget_id
)

select *
from {{ ref('monthly_budget_status') }} as status
inner join scopes on status.month = scopes.month and status.budget_id = scopes.budget_id
where status.actual <> scopes.effective_cost
