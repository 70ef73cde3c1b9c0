-- Whose usage it was, and what its model is called in the price book.
-- Grain: one usage event. Guarantees: no event is dropped or doubled by a lookup; the organisation is that of the
-- event's own day. The event's own department wins, then its user's, key's, project's and team's; with none of them it
-- stays untagged (''), visibly. A model that the pinned price book does not know keeps its own name.
with

-- A model that a reseller sells has an id of its own (azure/openai/gpt-4o); people read provider and model.
names as (
    select price_version, price_id, min(provider) as provider, min(model) as model
    from {{ source('prices', 'bands') }}
    group by price_version, price_id
),

matched as (
    select
        events.*,
        coalesce(
            nullif(events.team, ''), nullif(users.team, ''), nullif(keys.team, ''), nullif(projects.team, ''), ''
        ) as home_team,
        {{ home_department() }} as home_department,
        case
            when nullif(events.department, '') is not null then null
            when users.department is not null then users.cost_centre
            when keys.department is not null then keys.cost_centre
            when projects.department is not null then projects.cost_centre
            else teams.cost_centre
        end as member_cost_centre,
        models.price_id,
        models.resolution
    from {{ ref('int_usage_events') }} as events
    {{ join_members() }}
    left join {{ source('prices', 'models') }} as models
        on
            events.price_version = models.price_version
            and coalesce(events.provider, '') = coalesce(models.raw_provider, '')
            and coalesce(events.model, '') = coalesce(models.raw_model, '')
)

select
    matched.* exclude (
        department, cost_centre, team, provider, model, home_department, home_team, member_cost_centre
    ),
    matched.home_department as department,
    coalesce(
        nullif(matched.cost_centre, ''), nullif(matched.member_cost_centre, ''), departments.cost_centre, ''
    ) as cost_centre,
    matched.home_team as team,
    matched.provider as raw_provider,
    matched.model as raw_model,
    coalesce(names.provider, matched.provider, '') as provider,
    coalesce(names.model, matched.model, '') as model
from matched
left join names on matched.price_version = names.price_version and matched.price_id = names.price_id
left join {{ source('reference', 'departments') }} as departments
    on
        matched.home_department = departments.department
        and matched.usage_date >= departments.valid_from and matched.usage_date < departments.valid_to
