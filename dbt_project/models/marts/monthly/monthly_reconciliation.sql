-- Whether a month's figures agree with what its providers billed.
-- Grain: month × provider × provider_account × currency; a provider that `reconcile.required` names has a
-- row also without usage or bill. Guarantees: sums of monthly_reconciliation_models, exactly; is_met is false for what
-- should keep a month from being closed. The verdict:
--   agrees        what is unexplained and what is to be mended lie within the tolerance, none offsetting another
--   explained     the variance is explained, but more than the tolerance is to be mended
--   differs       more than the tolerance is unexplained, or the invoice and the cost report differ by more
--   no bill       nothing was billed; met, unless the provider is required
--   not compared  `why_not` says why; met, unless the provider is required
-- The tolerance is the larger of the settings' amount and percentage of the billed usage and fees. Models' unexplained
-- amounts offset each other only where the bill does not tell all of its usage apart by model.
{% set keys = ['month', 'provider', 'provider_account'] %}
with

models as (
    select
        {{ keys | join(', ') }},
        count(*) filter (where model = '' and billed_lines > 0) > 0 as has_rest,
        sum(billed_lines) as billed_lines,
        sum(computed) as computed,
        sum(computed_utc) as computed_utc,
        sum(billed) as billed,
        sum(variance) as variance,
        {% for cause in variance_causes() %}
        sum({{ cause }}) as {{ cause }},
        {% endfor %}
        sum(unexplained) as unexplained,
        sum(abs(unexplained)) as unexplained_by_model,
        sum(to_mend) as to_mend,
        sum(events) as events,
        sum(unpriced_events) as unpriced_events
    from {{ ref('monthly_reconciliation_models') }}
    group by {{ keys | join(', ') }}
),

bills as (
    select
        {{ keys | join(', ') }},
        currency,
        max(why_not) as why_not,
        coalesce(max(bill) filter (where is_compared), max(bill)) as bill,
        count(*) as lines,
        count(*) filter (where is_compared and why_not is null) as compared_lines,
        coalesce(sum(amount) filter (where is_compared), sum(amount)) as amount,
        -- Bills in two currencies have no sum but the converted one.
        case
            when count(distinct bill_currency) filter (where is_compared) = 1
                then min(bill_currency) filter (where is_compared)
            else currency
        end as bill_currency,
        case
            when count(distinct bill_currency) filter (where is_compared) = 1
                then sum(bill_amount) filter (where is_compared)
            else coalesce(sum(amount) filter (where is_compared), sum(amount))
        end as bill_amount,
        count(distinct bill_currency) = 1 as is_of_one_currency,
        string_agg(
            distinct fx_date || ' ' || trim(trailing '.' from trim(trailing '0' from cast(fx_rate as varchar))), ';'
            order by fx_date || ' ' || trim(trailing '.' from trim(trailing '0' from cast(fx_rate as varchar)))
        ) filter (where is_compared) as fx_rates,
        max(covered_days) filter (where bill = 'report') as reported_days,
        max(covered_days) filter (where bill = 'invoice') as invoiced_days,
        sum(amount) filter (where bill = 'report' and kind = 'usage') as reported,
        sum(amount) filter (where bill = 'invoice' and kind = 'usage' and first_day >= month) as invoiced
    from {{ ref('bill_lines') }}
    group by {{ keys | join(', ') }}, currency
),

days as (
    select
        {{ keys | join(', ') }},
        string_agg(distinct cast(missing_day as varchar), ';' order by cast(missing_day as varchar)) as missing_dates,
        string_agg(distinct cast(day_not_billed as varchar), ';' order by cast(day_not_billed as varchar))
            as dates_not_billed
    from {{ ref('reconciliation_cells') }}
    group by {{ keys | join(', ') }}
),

required_providers as (
    {{ values_select({'provider': 'varchar'}, var('reconcile').required_rows) }}
),

required as (
    select months.month, required_providers.provider
    from {{ source('run', 'months') }} as months
    cross join required_providers
),

-- A bill in a currency that is not compared is a row of its own, and the account's figures stay on one of its rows.
rows_of_accounts as (
    select
        {% for name in keys %}
        coalesce(models.{{ name }}, bills.{{ name }}) as {{ name }},
        {% endfor %}
        coalesce(bills.currency, {{ computed_currency() }}) as currency,
        coalesce(bills.bill_currency, {{ computed_currency() }}) as bill_currency,
        bills.bill_amount,
        bills.fx_rates,
        bills.is_of_one_currency,
        bills.reported_days,
        bills.invoiced_days,
        bills.why_not,
        coalesce(bills.bill, '') as bill,
        coalesce(bills.lines, 0) as lines,
        coalesce(bills.compared_lines, 0) as compared_lines,
        bills.amount,
        bills.reported,
        bills.invoiced,
        row_number() over (
            partition by
                coalesce(models.month, bills.month),
                coalesce(models.provider, bills.provider),
                coalesce(models.provider_account, bills.provider_account)
            order by bills.bill is null, coalesce(bills.currency, '') <> {{ computed_currency() }}, bills.currency
        ) = 1 as is_first
    from models
    full outer join bills
        on
            models.month = bills.month
            and models.provider = bills.provider
            and models.provider_account = bills.provider_account
),

every_row as (
    select * from rows_of_accounts
    union all by name
    select
        required.month,
        required.provider,
        '' as provider_account,
        {{ computed_currency() }} as currency,
        {{ computed_currency() }} as bill_currency,
        '' as bill,
        0 as lines,
        0 as compared_lines,
        true as is_first
    from required
    where not exists (
        select 1 from rows_of_accounts
        where required.month = rows_of_accounts.month and required.provider = rows_of_accounts.provider
    )
),

measured as (
    select
        entries.*,
        entries.compared_lines > 0 as is_compared,
        case when entries.lines > 0 then entries.amount end as billed,
        case when entries.is_first then {{ money('models.computed') }} end as computed,
        case when entries.is_first then {{ money('models.computed_utc') }} end as computed_utc,
        models.variance,
        {% for cause in variance_causes() %}
        models.{{ cause }},
        {% endfor %}
        models.unexplained,
        case when models.has_rest then abs(models.unexplained) else models.unexplained_by_model end as unexplained_open,
        models.to_mend,
        case
            when entries.invoiced_days = entries.reported_days and entries.is_of_one_currency
                then entries.invoiced - entries.reported
        end as invoice_variance,
        coalesce(models.events, 0) as events,
        coalesce(models.unpriced_events, 0) as unpriced_events,
        days.missing_dates,
        days.dates_not_billed,
        required.provider is not null as is_required
    from every_row as entries
    left join required on entries.month = required.month and entries.provider = required.provider
    left join models
        on
            entries.month = models.month
            and entries.provider = models.provider
            and entries.provider_account = models.provider_account
            and entries.is_first
    left join days
        on
            entries.month = days.month
            and entries.provider = days.provider
            and entries.provider_account = days.provider_account
            and entries.is_first
),

tolerated as (
    select
        *,
        {{ tolerance('billed', 'credits') }} as tolerance
    from measured
),

judged as (
    select
        *,
        case
            when lines = 0 then 'no bill'
            when not is_compared then 'not compared'
            when unexplained_open > tolerance then 'differs'
            when coalesce(abs(invoice_variance), 0) > tolerance then 'differs'
            when unexplained_open + to_mend > tolerance then 'explained'
            else 'agrees'
        end as verdict
    from tolerated
)

select
    month,
    provider,
    provider_account,
    currency,
    bill_currency,
    bill,
    cast(lines as bigint) as lines,
    cast(case when lines > 0 then bill_amount end as decimal(38, 18)) as bill_amount,
    coalesce(fx_rates, '') as fx_rates,
    cast(billed as decimal(38, 18)) as billed,
    cast(computed as decimal(38, 18)) as computed,
    cast(computed_utc as decimal(38, 18)) as computed_utc,
    {% for name in ['variance'] + variance_causes() + ['unexplained', 'unexplained_open', 'to_mend', 'tolerance'] %}
    cast(case when is_compared then {{ name }} end as decimal(38, 18)) as {{ name }},
    {% endfor %}
    cast(reported as decimal(38, 18)) as reported,
    cast(invoiced as decimal(38, 18)) as invoiced,
    cast(invoice_variance as decimal(38, 18)) as invoice_variance,
    coalesce(missing_dates, '') as missing_dates,
    coalesce(dates_not_billed, '') as dates_not_billed,
    cast(events as bigint) as events,
    cast(unpriced_events as bigint) as unpriced_events,
    is_required,
    verdict,
    case when verdict = 'not compared' then coalesce(why_not, 'currency') else '' end as why_not,
    verdict = 'agrees' or (verdict in ('no bill', 'not compared') and not (is_required and is_first)) as is_met
from judged
