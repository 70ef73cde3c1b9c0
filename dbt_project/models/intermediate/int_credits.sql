-- Statements of credits: queries, minutes, calls, numbers, seats.
-- Grain: one event that states credits (source, event_id), for the days being built only.
-- Guarantees: an event delivered several times counts once, on the day of its earliest record and with the quantity of
-- its latest (the larger of two at one instant), of the original where a mirror repeats it; its department is that of
-- its own day, as in int_usage_resolved. What a control source states is left out.
-- Apart from the priced events, because few sources state credits: where none does, no event is read for it.
with

stated as (
    select
        *,
        min(event_at) over (partition by source, event_id) as first_at,
        row_number() over (
            partition by {{ mirror_root('source') }}, event_id
            order by {{ mirror_steps('source') }}, event_at desc, credit_quantity desc, credit_type asc
        ) as place
    from {{ ref('stg_events') }}
    where credit_type is not null
),

events as (
    select
        stated.* exclude (event_at, first_at, place),
        stated.first_at as event_at,
        days.usage_date
    from stated
    inner join {{ source('run', 'days') }} as days
        on cast({{ local_time('stated.first_at') }} as date) = days.usage_date
    where
        stated.place = 1
        and {{ source_role('stated', account_of('stated'), 'days.usage_date') }} = 'usage'
)

select
    events.usage_date,
    events.source,
    events.event_id,
    events.event_at,
    coalesce(events.workspace, '') as workspace,
    {{ home_department() }} as department,
    coalesce(events.feature, '') as feature,
    coalesce(events.channel, '') as channel,
    events.credit_type,
    coalesce(events.credit_measure, 'flow') as credit_measure,
    events.credit_quantity
from events
{{ join_members() }}
