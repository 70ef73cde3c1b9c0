-- Each event once, on its day.
-- Grain: one usage event (original source, event_id), for the days being built only.
-- Guarantees: an event delivered several times (re-sent, repeated while it streams, grown over midnight) is counted
-- once: its earliest record gives its time, its largest output its figures. `records` says how often it was delivered,
-- so that nothing is lost from sight. A source that mirrors another shares its events: the record nearest to the
-- original wins with its own time, and every record is of that one event. `role` says whether the event is counted
-- (usage) or only compared with (control). A day is a day of the organisation's calendar: the offset in force at the
-- event's own instant decides, daylight saving included.
with

-- Read twice, each time only the columns that are needed: keeping every event for the second reading costs its memory.
delivered as not materialized (select * from {{ ref('int_usage_delivered') }}),

-- Few events are delivered more than once, and only those need to be ranked.
repeated as (
    select {{ mirror_root('source') }} as root, event_id
    from delivered
    group by {{ mirror_root('source') }}, event_id
    having count(*) > 1
),

ranked as (
    select
        *,
        min(event_at) over (partition by source, event_id) as first_at,
        min(event_at) over (partition by {{ mirror_root('source') }}, event_id) as earliest_at,
        max(event_at) over (partition by {{ mirror_root('source') }}, event_id) as last_at,
        count(*) over (partition by {{ mirror_root('source') }}, event_id) as records,
        row_number() over (
            partition by {{ mirror_root('source') }}, event_id
            order by
                {{ mirror_steps('source') }},
                {{ sum_of(output_classes()) }} desc, event_at desc,
                uncached_input_tokens + cache_read_tokens + cache_write_5m_tokens + cache_write_1h_tokens desc,
                coalesce(model, ''), coalesce(user_id, ''), coalesce(project, ''), coalesce(api_key, '')
        ) as place
    from delivered
    where exists (
        select 1 from repeated
        where {{ mirror_root('delivered.source') }} = repeated.root and delivered.event_id = repeated.event_id
    )
),

counted_once as (
    select * exclude (place) from ranked
    where place = 1
    union all by name
    select *, event_at as first_at, event_at as earliest_at, event_at as last_at, 1 as records
    from delivered
    where not exists (
        select 1 from repeated
        where {{ mirror_root('delivered.source') }} = repeated.root and delivered.event_id = repeated.event_id
    )
),

placed as (
    select
        counted_once.* exclude (event_at, first_at, provider_account),
        {{ account_of('counted_once') }} as provider_account,
        counted_once.first_at as event_at,
        {{ local_time('counted_once.first_at') }} as local_at
    from counted_once
)

select
    placed.* exclude (local_at, earliest_at),
    days.usage_date,
    days.price_version,
    days.fx_rate,
    days.fx_date,
    date_trunc('hour', placed.local_at) - (placed.local_at - placed.event_at) as hour_at,
    cast(extract(hour from placed.local_at) as integer) as local_hour,
    placed.last_at >= placed.earliest_at + interval 2 day as is_conflict,
    {{ source_role('placed', 'placed.provider_account', 'cast(placed.local_at as date)') }} as role
from placed
inner join {{ source('run', 'days') }} as days on cast(placed.local_at as date) = days.usage_date
