{{ config(materialized='table', database='scratch', contract={'enforced': false}) }}
-- The lines of bills as they are compared: in the reporting currency, and which of an account's bills it is.
-- Grain: one line of a bill. Guarantees: `amount` is in `currency`: the reporting one, into which lines in the currency
-- of prices are converted at the rate that the organisation's day of `rate_day` keeps. That is a report's own UTC day,
-- and for invoices the last day that those of the account are of. Any other bill stays in its own currency. Of an
-- account the bill is compared (is_compared) that is of more of the UTC days with usage, of equal ones the cost report;
-- `covered_days` is how many it is of. why_not says why it cannot be: it is in another currency, or a line's period
-- begins in an earlier month and cannot be divided.
with

active_days as (
    select distinct month, provider, provider_account, utc_date
    from {{ ref('billable_usage') }}
    where in_utc_month and not is_control and events > 0
),

dated as (
    select
        *,
        case
            when bill = 'report' then last_day
            else max(last_day) over (partition by month, provider, provider_account, bill)
        end as rate_day
    from {{ ref('billed_lines') }}
),

converted as (
    select
        dated.*,
        rates.fx_rate,
        rates.fx_date,
        dated.currency = {{ computed_currency() }} or rates.fx_rate is not null as is_comparable,
        {{ half_unit('dated.amount') }} as half_unit
    from dated
    left join {{ source('run', 'bill_rates') }} as rates
        on dated.rate_day = rates.rate_day and dated.currency = {{ quoted(price_currency()) }}
),

bills as (
    select
        converted.month,
        converted.provider,
        converted.provider_account,
        converted.bill,
        bool_or(converted.is_comparable) as is_comparable,
        count(distinct active_days.utc_date) as covered_days
    from converted
    left join active_days
        on
            converted.month = active_days.month
            and converted.provider = active_days.provider
            and converted.provider_account = active_days.provider_account
            and active_days.utc_date between converted.first_day and converted.last_day
    group by converted.month, converted.provider, converted.provider_account, converted.bill
),

choice as (
    select
        *,
        row_number() over (
            partition by month, provider, provider_account
            order by is_comparable desc, covered_days desc, bill desc
        ) = 1 as is_compared
    from bills
)

select
    converted.month,
    converted.bill,
    converted.provider,
    converted.provider_account,
    converted.named_model,
    converted.first_day,
    converted.last_day,
    converted.kind,
    converted.rate_day,
    converted.fx_rate,
    converted.fx_date,
    converted.currency as bill_currency,
    converted.amount as bill_amount,
    case when converted.is_comparable then {{ computed_currency() }} else converted.currency end as currency,
    case
        when converted.fx_rate is null then converted.amount
        else {{ at_rate('converted.amount', 'converted.fx_rate') }}
    end as amount,
    -- What was converted part by part has a rounding of its own, at the 18th decimal of each.
    case
        when converted.fx_rate is null then converted.half_unit
        else {{ at_rate('greatest(converted.half_unit, 0.0000000000005)', 'converted.fx_rate') }}
    end as half_unit,
    choice.is_compared,
    choice.covered_days,
    max(
        case
            when choice.is_compared and not converted.is_comparable then 'currency'
            when choice.is_compared and converted.first_day < converted.month then 'period'
        end
    ) over (partition by converted.month, converted.provider, converted.provider_account) as why_not
from converted
inner join choice
    on
        converted.month = choice.month
        and converted.provider = choice.provider
        and converted.provider_account = choice.provider_account
        and converted.bill = choice.bill
