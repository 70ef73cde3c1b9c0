-- Anthropic's cost report as rows of providers' cost reports. Guarantees: names and types, amounts in US dollars.
-- Grain: one row of a UTC day of the newest generation: workspace and description, which names model, token type, tier,
-- context window and region. The report's amounts are cents: they are divided by 100 here, exactly.
-- An amount below zero is a correction and stays one.
select
    source,
    event_id as row_id,
    'anthropic' as provider,
    coalesce(provider_account, '') as provider_account,
    cast(event_at as date) as utc_date,
    model,
    cast(null as varchar) as line_item,
    description,
    cost_type,
    token_type,
    service_tier,
    context_window,
    inference_geo,
    workspace_id as workspace,
    cast(null as varchar) as project,
    cast(null as varchar) as api_key,
    cast(null as decimal(38, 18)) as quantity,
    cast(null as varchar) as quantity_unit,
    cast(amount_cents * cast(0.01 as decimal(2, 2)) as decimal(38, 18)) as amount
from {{ source('raw', 'anthropic') }}
where report = 'costs'
