{# The token classes of a usage event. Disjoint: every token is in exactly one. #}
{% macro token_classes() %}
    {{ return([
        'uncached_input_tokens', 'cache_read_tokens', 'cache_write_5m_tokens', 'cache_write_1h_tokens',
        'output_tokens', 'reasoning_tokens', 'input_audio_tokens', 'output_audio_tokens',
        'input_image_tokens', 'output_image_tokens', 'cache_read_audio_tokens', 'cache_read_image_tokens',
        'input_video_tokens', 'output_video_tokens', 'citation_tokens',
    ]) }}
{% endmacro %}

{# Those of the input: together they are the context that a price's tier looks at. #}
{% macro input_classes() %}
    {{ return([
        'uncached_input_tokens', 'cache_read_tokens', 'cache_write_5m_tokens', 'cache_write_1h_tokens',
        'input_audio_tokens', 'input_image_tokens', 'cache_read_audio_tokens', 'cache_read_image_tokens',
        'input_video_tokens',
    ]) }}
{% endmacro %}

{# Those of the answer. #}
{% macro output_classes() %}
    {{ return([
        'output_tokens', 'reasoning_tokens', 'output_audio_tokens', 'output_image_tokens', 'output_video_tokens',
        'citation_tokens',
    ]) }}
{% endmacro %}

{# What is counted and priced outside tokens. #}
{% macro counted_units() %}
    {{ return([
        'web_search_calls', 'storage_search_calls', 'audio_seconds', 'input_characters', 'document_pages',
        'annotated_document_pages', 'text_messages', 'images',
    ]) }}
{% endmacro %}

{# Which counts are paid for in which part of an event's cost; tool_cost has the fee per request besides. #}
{% macro counts_of_part(part) %}
    {{ return({
        'input_cost': [
            'uncached_input_tokens', 'input_audio_tokens', 'input_image_tokens', 'input_video_tokens', 'audio_seconds',
            'input_characters', 'document_pages', 'annotated_document_pages', 'text_messages',
        ],
        'cache_read_cost': ['cache_read_tokens', 'cache_read_audio_tokens', 'cache_read_image_tokens'],
        'cache_write_cost': ['cache_write_5m_tokens', 'cache_write_1h_tokens'],
        'output_cost': output_classes() + ['images'],
        'tool_cost': ['web_search_calls', 'storage_search_calls'],
    }[part]) }}
{% endmacro %}

{# A sum of counts of which some may be missing: a source leaves out what it cannot know. #}
{% macro sum_of(counts) %}
    {%- set parts = [] -%}
    {%- for name in counts %}{% do parts.append('coalesce(' ~ name ~ ', 0)') %}{% endfor -%}
    {{- return(parts | join(' + ')) -}}
{% endmacro %}

{# The parts of a cost that are paid for tokens and what stands in their place; a regional premium is a share of these. #}
{% macro token_parts() %}{{ return(['input_cost', 'cache_read_cost', 'cache_write_cost', 'output_cost']) }}{% endmacro %}

{# The parts that make up list_cost. #}
{% macro cost_parts() %}
    {{ return(token_parts() + ['region_cost', 'tool_cost', 'charged_cost']) }}
{% endmacro %}

{# What daily_usage can be broken down by; never NULL there. #}
{% macro usage_dimensions() %}
    {{ return([
        'source', 'provider', 'model', 'service_tier', 'department', 'cost_centre', 'team', 'project', 'user_id',
        'feature', 'channel', 'api_key', 'country',
    ]) }}
{% endmacro %}

{# What credits can be broken down by; never NULL in daily_credits. #}
{% macro credit_dimensions() %}
    {{ return(['source', 'workspace', 'department', 'feature', 'channel', 'credit_type', 'credit_measure']) }}
{% endmacro %}

{# What an event can be broken down by beyond usage_dimensions; '' where it says nothing, so that it groups. #}
{% macro fact_dimensions() %}
    {{ return([
        'workspace', 'tool', 'platform', 'integration', 'assistant', 'conversation_type', 'campaign', 'endpoint',
        'interface', 'continent', 'region', 'city', 'browser', 'caller_timezone',
    ]) }}
{% endmacro %}

{# What one event says of itself, its message, its caller, its document; NULL where it says nothing. #}
{% macro fact_texts() %}
    {{ return([
        'contact', 'message_id', 'direction', 'delivery', 'feedback', 'caller_ip', 'page_url', 'document_id',
        'document_name', 'credit_type', 'credit_measure', 'aggregate_context',
    ]) }}
{% endmacro %}

{# The parts of a message, where a source gives them: inside the token classes, so never priced and never added. #}
{% macro message_parts() %}
    {{ return([
        'user_text_tokens', 'context_tokens_part', 'file_tokens', 'answer_tokens', 'tool_output_tokens',
    ]) }}
{% endmacro %}

{# The other counts of an event. #}
{% macro fact_counts() %}
    {{ return(
        ['tool_calls'] + message_parts() + ['document_bytes', 'document_extracted_tokens', 'document_citations']
    ) }}
{% endmacro %}

{# The columns of a canonical usage event with their types. A staging model need not name those that its source cannot
   know: int_usage_delivered unites by name, and int_usage_priced fills in what a missing one means. #}
{% macro canonical_columns() %}
    {% set text = [
        'provider', 'model', 'service_tier', 'provider_account', 'user_id', 'team', 'department', 'cost_centre',
        'project', 'feature', 'channel', 'api_key', 'country', 'conversation_id', 'status', 'error_code', 'operation',
        'inference_region',
    ] %}
    {% set columns = {'source': 'varchar', 'event_id': 'varchar', 'event_at': 'timestamp'} %}
    {% for name in text + fact_dimensions() + fact_texts() %}{% do columns.update({name: 'varchar'}) %}{% endfor %}
    {% do columns.update({'latency_ms': 'bigint', 'labels': 'varchar'}) %}
    {% for name in token_classes() + counted_units() + ['requests'] + fact_counts() %}
        {% do columns.update({name: 'bigint'}) %}
    {% endfor %}
    {% do columns.update({
        'reported_cost': 'decimal(38, 18)', 'reported_cost_basis': 'varchar', 'credit_quantity': 'decimal(38, 18)',
    }) %}
    {{ return(columns) }}
{% endmacro %}

{# Every measure of usage. #}
{% macro measures() %}
    {{ return(
        ['requests', 'failed_requests'] + token_classes() + ['total_tokens'] + counted_units() + cost_parts()
        + cost_totals() + ['estimated_cost']
    ) }}
{% endmacro %}

{# Sums of every measure of usage, for any grouping of rows that already carry measures. #}
{% macro sum_measures() %}
    cast(sum(requests) as bigint) as requests,
    cast(sum(failed_requests) as bigint) as failed_requests,
    {% for name in token_classes() + ['total_tokens'] + counted_units() %}
        cast(sum({{ name }}) as decimal(38, 0)) as {{ name }},
    {% endfor %}
    {% for name in cost_parts() + cost_totals() %}
        cast(sum({{ name }}) as decimal(38, 18)) as {{ name }},
    {% endfor %}
    cast(sum(estimated_cost) as decimal(38, 18)) as estimated_cost
{% endmacro %}

{# The rate column of the price book that belongs to a counted class. #}
{% macro rate_of(counted) %}
    {{- return(counted | replace('_tokens', '_rate') | replace('_calls', '_rate') if '_tokens' in counted or '_calls' in counted else counted[:-1] ~ '_rate') -}}
{% endmacro %}

{# How much of a counted class is paid for: of audio it may be more than was heard. #}
{% macro billed(counted) %}{{ return('billed_' ~ counted if counted == 'audio_seconds' else counted) }}{% endmacro %}

{# The counts that most events have. Products of so many digits take long, and of the other counts nearly all are 0: an
   event says once whether it has any of these (has_usual_counts_only). #}
{% macro usual_counts() %}
    {{ return([
        'uncached_input_tokens', 'cache_read_tokens', 'cache_write_5m_tokens', 'output_tokens', 'reasoning_tokens',
    ]) }}
{% endmacro %}

{# What these counts cost together. A class without tokens needs no rate. #}
{% macro sum_at_rates(counted) %}
    {%- set parts = [] -%}
    {%- for name in counted -%}
        {% do parts.append('coalesce(cast(' ~ billed(name) ~ ' as decimal(16, 0)) * ' ~ rate_of(name) ~ ', 0)') %}
    {%- endfor -%}
    {{- return(parts | join(' + ')) -}}
{% endmacro %}

{# What an event's own computed part costs: nothing known when it is not priced, nothing at all when it is not billable
   or when the provider's own charge stands for the whole. #}
{% macro part_cost(counted) %}
    {%- set usual = counted | select('in', usual_counts()) | list -%}
    {%- set others = counted | reject('in', usual_counts()) | list -%}
    case
        when unpriced_reason is not null then null
        when is_charged or not is_billable then cast(0 as decimal(38, 18))
        else
            {{ sum_at_rates(usual) }}{{ ' +' if usual and others }}
            {% if others %}
            case
                when has_usual_counts_only then cast(0 as decimal(38, 18))
                else {{ sum_at_rates(others) }}
            end
            {% endif %}
    end
{% endmacro %}

{# Service tiers as the price book names them: what providers call default or automatic is the standard one. #}
{% macro service_tier(given) %}
    {{- return("case when coalesce(lower(" ~ given ~ "), '') in ('', 'default', 'auto', 'standard_only') then 'standard' else lower(" ~ given ~ ") end") -}}
{% endmacro %}

{# A quantity of credits over any rows of one credit_measure: what flows adds up, of a level the peak remains. #}
{% macro credit_total(quantity) %}
    cast(
        case when credit_measure = 'level' then max({{ quantity }}) else sum({{ quantity }}) end as decimal(38, 18)
    )
{% endmacro %}
