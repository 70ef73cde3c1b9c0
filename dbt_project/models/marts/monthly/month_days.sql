{{ config(materialized='view', contract={'enforced': false}) }}
-- The daily usage of the months being built: rebuilt days from this build, the others as they were published.
-- Grain: as daily_usage. Guarantees: each day of a month comes from exactly one of the two.
select months.month, daily.*
from {{ ref('daily_usage') }} as daily
inner join {{ source('run', 'months') }} as months
    on date_trunc('month', daily.usage_date) = months.month
union all by name
select months.month, published.*
from {{ source('published', 'published_daily_usage') }} as published
inner join {{ source('run', 'months') }} as months
    on date_trunc('month', published.usage_date) = months.month
where published.usage_date not in (select days.usage_date from {{ source('run', 'days') }} as days)
