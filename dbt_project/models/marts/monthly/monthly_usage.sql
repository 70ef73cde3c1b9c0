-- What was used and what it cost, by calendar month of the organisation.
-- Grain: month × department × cost_centre × project × provider × model × service_tier × is_priced × price_version.
-- Guarantees: built from daily_usage alone; a month equals the sum of its days to the last decimal.
select
    month,
    department,
    cost_centre,
    project,
    provider,
    model,
    service_tier,
    is_priced,
    price_version,
    {{ sum_measures() }},
    count(distinct usage_date) as active_days
from {{ ref('month_days') }}
group by all
