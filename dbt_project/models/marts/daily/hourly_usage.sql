-- When it was used: the hours of the organisation's own clock.
-- Grain: usage_date × hour_at × department × provider × model × is_priced. `hour_at` is the UTC instant at which the
-- local hour began: on the day the clocks go back, local hour 1 comes twice and is two rows.
-- Guarantees: sums to the same totals as daily_usage.
{% set finer = usage_dimensions() | reject('in', ['department', 'provider', 'model']) | list %}
select * exclude (
    is_hourly, {{ finer | join(', ') }},
    unpriced_reason, price_version, delivered_rows, conflicts, first_event_at, last_event_at
)
from {{ ref('int_usage_summed') }}
where is_hourly
