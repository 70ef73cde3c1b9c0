{{ config(materialized='table', database='scratch', contract={'enforced': false}) }}
-- Usage, and what control sources report of it, that may be on a bill of the months being built.
-- Grain: month × is_control × usage_date × utc_date × provider × provider_account × model × raw_model; a day at a
-- month's edge can be of two months. Guarantees: each day comes from this build or as it was published. Usage that
-- names no account is of the only account that is billed, and where the only bill names none, every account is its.
-- `in_month` is whether the organisation's day is of the month, `in_utc_month` whether the provider's is.
with

days as (
    select *, false as is_control from {{ ref('daily_utc_usage') }}
    union all by name
    select *, false as is_control from {{ source('published', 'published_daily_utc_usage') }}
    where usage_date not in (select days.usage_date from {{ source('run', 'days') }} as days)
    union all by name
    select *, true as is_control from {{ ref('daily_control_usage') }}
    union all by name
    select *, true as is_control from {{ source('published', 'published_daily_control_usage') }}
    where usage_date not in (select days.usage_date from {{ source('run', 'days') }} as days)
),

billed as (
    select
        month,
        provider,
        count(distinct provider_account) as accounts,
        min(provider_account) as first_account
    from {{ ref('billed_lines') }}
    group by month, provider
)

select
    months.month,
    months.next_month,
    days.is_control,
    days.usage_date,
    days.utc_date,
    days.usage_date >= months.month and days.usage_date < months.next_month as in_month,
    days.utc_date >= months.month and days.utc_date < months.next_month as in_utc_month,
    days.provider,
    case
        when billed.accounts = 1 and (billed.first_account = '' or days.provider_account = '') then billed.first_account
        else days.provider_account
    end as provider_account,
    days.model,
    coalesce(days.raw_model, '') as raw_model,
    days.events,
    days.unpriced_events,
    {{ money('days.effective_cost') }} as cost,
    {{ money('days.markup_cost') }} as markup_cost,
    {{ money('days.discount_cost') }} as discount_cost,
    {{ (token_classes() + counted_units()) | join(', ') }}
from days
inner join {{ source('run', 'months') }} as months
    on
        (days.usage_date >= months.month and days.usage_date < months.next_month)
        or (days.utc_date >= months.month and days.utc_date < months.next_month)
left join billed on months.month = billed.month and days.provider = billed.provider
