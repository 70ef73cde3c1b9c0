-- Langfuse's generations and embeddings as canonical usage events. Guarantees: names and types, no row dropped.
-- Grain: one delivered observation; its id names the event.
-- Langfuse takes cached and reasoning tokens out of input and output itself: its kinds of usage are disjoint already.
-- Its costs are an estimate from its own model prices, never the basis of a cost. It names no provider.
select
    source,
    event_id,
    event_at,
    cast(null as varchar) as provider,
    model,
    'standard' as service_tier,
    cast(null as varchar) as provider_account,
    coalesce(user_id, folder_user_id) as user_id,
    coalesce({{ json_tag('tags', 'team') }}, folder_team) as team,
    coalesce({{ json_tag('tags', 'department') }}, folder_department) as department,
    {{ json_tag('tags', 'cost_centre') }} as cost_centre,
    coalesce({{ json_tag('tags', 'project') }}, folder_project) as project,
    coalesce({{ json_tag('tags', 'feature') }}, trace_name, folder_feature) as feature,
    {{ json_tag('tags', 'channel') }} as channel,
    folder_api_key as api_key,
    cast(null as varchar) as country,
    project_id as workspace,
    session_id as conversation_id,
    case when level = 'ERROR' then 'error' else 'ok' end as status,
    case when level = 'ERROR' then left(status_message, 200) end as error_code,
    lower(type) as operation,
    case when end_at >= event_at then cast(date_diff('millisecond', event_at, end_at) as bigint) end as latency_ms,
    {{ json_labels({
        'environment': 'environment', 'tags': 'tags', 'release': 'release', 'version': 'version',
        'observation': 'name', 'prompt': 'prompt_name',
    }) }} as labels,
    {% for name in token_classes() %}
    coalesce({{ name }}, 0) as {{ name }},
    {% endfor %}
    coalesce(web_search_calls, 0) as web_search_calls,
    total_cost as reported_cost,
    case when total_cost is not null then 'estimate' end as reported_cost_basis,
    coalesce(level, '') <> 'ERROR' or usage_details is not null as is_billable
from {{ source('raw', 'langfuse') }}
