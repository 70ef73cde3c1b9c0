-- OpenAI's costs report as rows of providers' cost reports. Guarantees: names and types, amounts in US dollars.
-- Grain: one row of a UTC day of the newest generation: project, line item, API key. An amount below zero is a
-- correction and stays one.
select
    source,
    event_id as row_id,
    'openai' as provider,
    coalesce(provider_account, '') as provider_account,
    cast(event_at as date) as utc_date,
    cast(null as varchar) as model,
    line_item,
    cast(null as varchar) as description,
    cast(null as varchar) as cost_type,
    cast(null as varchar) as token_type,
    cast(null as varchar) as service_tier,
    cast(null as varchar) as context_window,
    cast(null as varchar) as inference_geo,
    cast(null as varchar) as workspace,
    project_id as project,
    api_key_id as api_key,
    quantity,
    quantity_unit,
    amount
from {{ source('raw', 'openai') }}
where report = 'costs'
