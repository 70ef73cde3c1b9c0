-- Every source's usage in one shape, each event once, on its day.
-- Grain: one usage event (source, event_id), for the days being built only.
-- Guarantees: an event delivered several times (re-sent, repeated while it streams, grown over midnight) is counted
-- once: its earliest record gives its time, its largest output its figures. `records` says how often it was delivered,
-- so that nothing is lost from sight. A day is a day of the organisation's calendar: the offset in force at the event's
-- own instant decides, daylight saving included.
with

delivered as (
    select * from {{ ref('stg_events') }}
    union all by name
    select * from {{ ref('stg_litellm') }}
    union all by name
    select * from {{ ref('stg_claude_code') }}
),

ranked as (
    select
        *,
        min(event_at) over (partition by source, event_id) as first_at,
        max(event_at) over (partition by source, event_id) as last_at,
        count(*) over (partition by source, event_id) as records,
        row_number() over (
            partition by source, event_id
            order by
                output_tokens + reasoning_tokens + output_audio_tokens + output_image_tokens desc, event_at desc,
                uncached_input_tokens + cache_read_tokens + cache_write_5m_tokens + cache_write_1h_tokens desc,
                coalesce(model, ''), coalesce(user_id, ''), coalesce(project, ''), coalesce(api_key, '')
        ) as place
    from delivered
),

placed as (
    select
        ranked.* exclude (event_at, first_at, place),
        ranked.first_at as event_at,
        ranked.first_at + to_seconds(utc_offsets.seconds) as local_at,
        utc_offsets.seconds as offset_seconds
    from ranked
    inner join {{ source('run', 'utc_offsets') }} as utc_offsets
        on ranked.first_at >= utc_offsets.from_at and ranked.first_at < utc_offsets.to_at
    where ranked.place = 1
)

select
    placed.* exclude (local_at, offset_seconds),
    days.usage_date,
    days.price_version,
    date_trunc('hour', placed.local_at) - to_seconds(placed.offset_seconds) as hour_at,
    cast(extract(hour from placed.local_at) as integer) as local_hour,
    placed.last_at >= placed.event_at + interval 2 day as is_conflict
from placed
inner join {{ source('run', 'days') }} as days on cast(placed.local_at as date) = days.usage_date
