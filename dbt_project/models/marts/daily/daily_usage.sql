-- What was used and what it cost, by day.
-- Grain: usage_date × every dimension × is_priced × unpriced_reason × price_version, for the days being built;
-- published as one file a day, so that a rebuilt day replaces its old self whole, also when it became empty.
-- Guarantees: usage only, without what control sources report of it; exact sums of priced events; costs are NULL
-- exactly where is_priced is false, and all in `currency`: fx_rate and fx_date say how the day's prices were converted.
select
    summed.* exclude (
        grain, is_control, control_account, utc_date, hour_at, local_hour, billed_account, billed_date,
        billed_model, events, unpriced_events, delivered_rows, conflicts, first_event_at, last_event_at
    ),
    {{ rates_of_day('days') }}
from {{ ref('int_usage_summed') }} as summed
inner join {{ source('run', 'days') }} as days on summed.usage_date = days.usage_date
where summed.grain = 'day' and not summed.is_control
