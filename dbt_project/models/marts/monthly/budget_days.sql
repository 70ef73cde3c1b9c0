{{ config(materialized='table', database='scratch', contract={'enforced': false}) }}
-- Each budget's spending day by day, and how it adds up over its month.
-- Grain: budget × month × usage_date with usage of its scope, at least one row for each budget and month (usage_date
-- NULL when nothing was used). The budget row is the one in force on the month's last day that can have data.
-- A budget's version is the hash of what it measures and of its amount: an owner's address is no part of it.
with

budgets as (
    select
        months.month,
        months.next_month,
        months.data_until,
        budgets.*,
        md5(concat_ws(
            '|', budgets.budget_id, budgets.scope_type, budgets.scope, budgets.measure, budgets.period,
            budgets.thresholds, cast(budgets.amount as varchar), budgets.currency
        )) as budget_version
    from {{ source('run', 'months') }} as months
    inner join {{ source('reference', 'budgets') }} as budgets
        on
            greatest(months.data_until, months.month) >= budgets.valid_from
            and greatest(months.data_until, months.month) < budgets.valid_to
),

days as (
    select
        month,
        usage_date,
        department,
        sum(effective_cost) as spend,
        sum(case when is_priced then 0 else requests end) as unpriced_requests
    from {{ ref('month_days') }}
    group by month, usage_date, department
),

scoped as (
    select
        budgets.month,
        budgets.budget_id,
        budgets.budget_version,
        days.usage_date,
        sum(days.spend) as spend,
        sum(days.unpriced_requests) as unpriced_requests
    from budgets
    inner join days
        on
            budgets.month = days.month
            and (budgets.scope_type = 'organisation' or budgets.scope = days.department)
    group by budgets.month, budgets.budget_id, budgets.budget_version, days.usage_date
)

select
    budgets.*,
    scoped.usage_date,
    cast(coalesce(scoped.spend, 0) as decimal(38, 18)) as spend,
    cast(coalesce(scoped.unpriced_requests, 0) as bigint) as unpriced_requests,
    cast(coalesce(sum(scoped.spend) over (
        partition by budgets.month, budgets.budget_id order by scoped.usage_date
        rows between unbounded preceding and current row
    ), 0) as decimal(38, 18)) as spend_to_date
from budgets
left join scoped
    on budgets.month = scoped.month and budgets.budget_id = scoped.budget_id
