-- Own events as canonical usage events. Guarantees: names and types only, no row dropped, no figure changed.
-- Grain: one delivered row; the same event may have been delivered more than once.
-- The format already has disjoint token classes; a missing count is zero. A row stands for one request unless it says
-- how many, and for none when it only states credits.
select
    source,
    event_id,
    event_at,
    provider,
    model,
    {{ service_tier('service_tier') }} as service_tier,
    provider_account,
    coalesce(user_id, folder_user_id) as user_id,
    coalesce(team, folder_team) as team,
    coalesce(department, folder_department) as department,
    cost_centre,
    coalesce(project, folder_project) as project,
    coalesce(feature, folder_feature) as feature,
    channel,
    coalesce(api_key, folder_api_key) as api_key,
    country,
    conversation_id,
    coalesce(status, 'ok') as status,
    error_code,
    operation,
    inference_region,
    latency_ms,
    labels,
    {% for name in token_classes() %}
    coalesce({{ name }}, 0) as {{ name }},
    {% endfor %}
    {% for name in counted_units() %}
    coalesce({{ name }}, 0) as {{ name }},
    {% endfor %}
    coalesce(
        requests,
        case
            when
                credit_type is not null and coalesce(model, '') = ''
                and coalesce(greatest({{ (token_classes() + counted_units()) | join(', ') }}), 0) = 0
                then 0
            else 1
        end
    ) as requests,
    {% for name in fact_counts() %}
    {{ name }},
    {% endfor %}
    {% for name in fact_dimensions() + fact_texts() %}
    {{ name }},
    {% endfor %}
    credit_quantity,
    reported_cost,
    reported_cost_basis,
    true as is_billable
from {{ source('raw', 'events') }}
