-- When it was used: the hours of the organisation's own clock.
-- Grain: usage_date × hour_at × department × provider × model × is_priced. `hour_at` is the UTC instant at which the
-- local hour began: on the day the clocks go back, local hour 1 comes twice and is two rows.
-- Guarantees: sums to the same totals as daily_usage.
select
    usage_date,
    hour_at,
    local_hour,
    department,
    provider,
    model,
    is_priced,
    {{ measures() | join(', ') }}
from {{ ref('int_usage_summed') }}
where grain = 'hour' and not is_control
