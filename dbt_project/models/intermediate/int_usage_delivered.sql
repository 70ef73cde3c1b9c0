-- Every source's usage in one shape. Grain: one delivered row of any source; an event may be delivered several times.
-- Guarantees: no row dropped, none changed. United by name: what a source cannot know is NULL.
select * from {{ ref('stg_events') }}
union all by name
select * from {{ ref('stg_litellm') }}
union all by name
select * from {{ ref('stg_claude_code') }}
union all by name
select * from {{ ref('stg_otlp') }}
union all by name
select * from {{ ref('stg_bedrock') }}
union all by name
select * from {{ ref('stg_openrouter') }}
union all by name
select * from {{ ref('stg_openai') }}
union all by name
select * from {{ ref('stg_anthropic') }}
union all by name
select * from {{ ref('stg_langfuse') }}
