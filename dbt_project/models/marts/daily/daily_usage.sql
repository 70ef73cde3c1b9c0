-- What was used and what it cost, by day.
-- Grain: usage_date × every dimension × is_priced × unpriced_reason × price_version, for the days being built;
-- published as one file a day, so that a rebuilt day replaces its old self whole, also when it became empty.
-- Guarantees: usage only, without what control sources report of it; exact sums of priced events; costs are NULL
-- exactly where is_priced is false.
select
    * exclude (
        is_hourly, is_control, control_account, utc_date, hour_at, local_hour, billed_account, billed_date, billed_model,
        events, delivered_rows, conflicts, first_event_at, last_event_at
    )
from {{ ref('int_usage_summed') }}
where not is_hourly and not is_control
