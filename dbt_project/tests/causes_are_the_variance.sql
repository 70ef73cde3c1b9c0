-- The causes and what is unexplained are the variance, to the last digit; an account is the sum of its models, its own
-- month is that of monthly_usage, and rounding is never more than half a cent of the bill's
-- currency a billed line.
with

models as (
    select
        month,
        provider,
        provider_account,
        sum(variance) as variance,
        sum(unexplained) as unexplained,
        sum(computed) as computed
    from {{ ref('monthly_reconciliation_models') }}
    group by month, provider, provider_account
),

used as (
    select month, sum(effective_cost) as effective_cost
    from {{ ref('monthly_usage') }}
    group by month
),

compared as (
    select month, sum(computed) as computed
    from models
    group by month
),

months as (
    select coalesce(used.month, compared.month) as month, used.effective_cost, compared.computed
    from used
    full outer join compared on used.month = compared.month
)

select 'a model' as what, month, provider, model as name
from {{ ref('monthly_reconciliation_models') }}
where
    variance is distinct from billed - computed
    or variance is distinct from {{ variance_causes() | join(' + ') }} + unexplained
    or abs(rounding) > billed_lines * cast(0.005 as decimal(4, 3)) * (
        select greatest(coalesce(max(rates.fx_rate), 1), 1) from {{ source('run', 'bill_rates') }} as rates
    )
union all
select 'an account' as what, accounts.month, accounts.provider, accounts.provider_account as name
from {{ ref('monthly_reconciliation') }} as accounts
left join models
    on
        accounts.month = models.month
        and accounts.provider = models.provider
        and accounts.provider_account = models.provider_account
where
    accounts.verdict in ('agrees', 'explained', 'differs')
    and (
        accounts.variance is distinct from accounts.billed - accounts.computed
        or accounts.variance is distinct from models.variance
        or accounts.unexplained is distinct from models.unexplained
    )
union all
select 'a month' as what, month, '' as provider, '' as name
from months
where coalesce(effective_cost, 0) <> coalesce(computed, 0)
