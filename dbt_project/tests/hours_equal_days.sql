-- hourly_usage and daily_usage are two views of one thing.
select
    usage_date,
    sum(requests) as requests,
    sum(total_tokens) as total_tokens,
    sum(list_cost) as list_cost,
    sum(markup_cost) as markup_cost,
    sum(discount_cost) as discount_cost,
    sum(effective_cost) as effective_cost
from {{ ref('hourly_usage') }}
group by usage_date
except
select
    usage_date,
    sum(requests) as requests,
    sum(total_tokens) as total_tokens,
    sum(list_cost) as list_cost,
    sum(markup_cost) as markup_cost,
    sum(discount_cost) as discount_cost,
    sum(effective_cost) as effective_cost
from {{ ref('daily_usage') }}
group by usage_date
