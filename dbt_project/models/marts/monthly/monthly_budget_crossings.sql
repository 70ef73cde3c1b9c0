-- On which day each threshold of each budget was reached.
-- Grain: month × budget × threshold, only thresholds that were reached.
-- Guarantees: exact comparison with amount × percent, never with a rounded share.
with

thresholds as (
    select
        *,
        cast(trim(unnest(string_split(thresholds, ';'))) as integer) as threshold,
        sum(spend) over (partition by month, budget_id) as month_spend
    from {{ ref('budget_days') }}
    where usage_date is not null
)

select
    month,
    budget_id,
    budget_version,
    scope_type,
    scope,
    threshold,
    min(usage_date) as crossed_on,
    amount,
    cast(max(month_spend) as decimal(38, 18)) as actual
from thresholds
where spend_to_date >= amount * cast(threshold as decimal(4, 0)) * cast(0.01 as decimal(2, 2))
group by month, budget_id, budget_version, scope_type, scope, threshold, amount
