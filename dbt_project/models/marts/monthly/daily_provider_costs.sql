-- What providers themselves say that usage cost, by UTC day: their cost reports know no other days.
-- Grain: one row of a provider's report (source, row_id); published in one file for each month of UTC dates, because it
-- makes no local day stale. Guarantees: never added to the cost of usage; a month has the newest answer for each day.
select
    months.month,
    costs.utc_date,
    costs.source,
    costs.row_id,
    costs.provider,
    costs.provider_account,
    {% for name in [
        'model', 'line_item', 'description', 'cost_type', 'token_type', 'service_tier', 'context_window',
        'inference_geo', 'workspace', 'project', 'api_key',
    ] %}
    coalesce(costs.{{ name }}, '') as {{ name }},
    {% endfor %}
    costs.quantity,
    costs.quantity_unit,
    'USD' as currency,
    costs.amount
from {{ ref('int_provider_costs') }} as costs
inner join {{ source('run', 'months') }} as months
    on costs.utc_date >= months.month and costs.utc_date < months.next_month
