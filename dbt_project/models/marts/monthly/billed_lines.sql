{{ config(materialized='table', database='scratch', contract={'enforced': false}) }}
-- What providers charged for the UTC days of the months being built: their cost reports, and the invoices of
-- reference/invoices.csv without tax.
-- Grain: one line of a bill, in the bill's currency. An invoice line is of the month of its last day. Guarantees: a
-- bill that names no account is of the only account that other bills of its provider name in that month, if there is
-- one. `kind`: usage; fee; credit, which is every adjustment and every amount below zero.
with

lines as (
    select
        month,
        'report' as bill,
        provider,
        provider_account as given_account,
        -- OpenAI's line items: "gpt-4o-mini-2024-07-18, input".
        coalesce(nullif(model, ''), {{ matched('line_item', '^(.+), [^,]+$') }}, '') as named_model,
        utc_date as first_day,
        utc_date as last_day,
        currency,
        case when amount < 0 then 'credit' else 'usage' end as kind,
        amount
    from {{ ref('daily_provider_costs') }}
    union all
    select
        months.month,
        'invoice' as bill,
        invoices.provider,
        invoices.account as given_account,
        invoices.model as named_model,
        invoices.first_day,
        invoices.last_day,
        invoices.currency,
        case when invoices.kind = 'adjustment' or invoices.amount < 0 then 'credit' else invoices.kind end as kind,
        cast(invoices.amount as decimal(38, 18)) as amount
    from {{ source('reference', 'invoices') }} as invoices
    inner join {{ source('run', 'months') }} as months
        on invoices.last_day >= months.month and invoices.last_day < months.next_month
),

accounts as (
    select
        month,
        provider,
        count(distinct nullif(given_account, '')) as named_accounts,
        min(nullif(given_account, '')) as first_account
    from lines
    group by month, provider
)

select
    lines.month,
    lines.bill,
    lines.provider,
    case
        when lines.given_account = '' and accounts.named_accounts = 1 then accounts.first_account
        else lines.given_account
    end as provider_account,
    lines.named_model,
    lines.first_day,
    lines.last_day,
    lines.currency,
    lines.kind,
    lines.amount
from lines
inner join accounts on lines.month = accounts.month and lines.provider = accounts.provider
