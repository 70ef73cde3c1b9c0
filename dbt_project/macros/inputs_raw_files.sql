{# Raw columns of the kinds that come as files of traces, invocation logs and exports; in the order of their readers. #}
{% macro raw_columns_of_exports() %}
    {{ return({
        'otlp': raw_otlp(), 'bedrock': raw_bedrock(), 'openrouter': raw_openrouter(), 'langfuse': raw_langfuse(),
    }) }}
{% endmacro %}

{% macro raw_otlp() %}
    {% set columns = {
        'end_at': 'timestamp', 'parent_span_id': 'varchar', 'name': 'varchar', 'scope': 'varchar',
        'status_code': 'varchar',
    } %}
    {% for name in [
        'operation', 'provider', 'request_model', 'response_model', 'response_id', 'service_tier', 'api_type',
        'conversation_id', 'user_id', 'agent', 'team', 'department', 'cost_centre', 'project', 'feature',
        'environment', 'error_type', 'inference_region', 'server_address', 'model',
    ] %}
        {% do columns.update({name: 'varchar'}) %}
    {% endfor %}
    {% for name in [
        'input_tokens', 'output_tokens', 'cache_read_tokens', 'cache_write_tokens', 'input_audio_tokens',
        'input_image_tokens', 'reasoning_tokens', 'output_audio_tokens',
    ] %}
        {% do columns.update({name: 'bigint'}) %}
    {% endfor %}
    {{ return(columns) }}
{% endmacro %}

{% macro raw_bedrock() %}
    {{ return({
        'account_id': 'varchar', 'identity_arn': 'varchar', 'region': 'varchar', 'inference_region': 'varchar',
        'operation': 'varchar', 'model_id': 'varchar', 'model': 'varchar', 'error_code': 'varchar',
        'request_metadata': 'varchar', 'service_tier': 'varchar', 'input_tokens': 'bigint', 'output_tokens': 'bigint',
        'cache_read_tokens': 'bigint', 'cache_write_tokens': 'bigint', 'cache_write_1h_tokens': 'bigint',
        'latency_ms': 'bigint',
    }) }}
{% endmacro %}

{% macro raw_openrouter() %}
    {{ return({
        'model': 'varchar', 'is_day': 'varchar', 'provider_name': 'varchar', 'variant': 'varchar',
        'cancelled': 'varchar', 'user': 'varchar', 'finish_reason_normalized': 'varchar', 'api_key_name': 'varchar',
        'app_name': 'varchar', 'cost_web_search': 'varchar', 'cost_cache': 'varchar',
        'cost_file_processing': 'varchar', 'cost': 'decimal(38, 18)', 'byok_usage_inference': 'decimal(38, 18)',
        'prompt_tokens': 'bigint', 'completion_tokens': 'bigint', 'reasoning_tokens': 'bigint',
        'cached_tokens': 'bigint', 'requests': 'bigint', 'generation_time_ms': 'bigint',
    }) }}
{% endmacro %}

{% macro raw_langfuse() %}
    {% set columns = {'end_at': 'timestamp'} %}
    {% for name in [
        'type', 'trace_id', 'parent_observation_id', 'name', 'project_id', 'environment', 'level', 'status_message',
        'model', 'user_id', 'session_id', 'trace_name', 'release', 'version', 'prompt_name', 'tags', 'usage_details',
        'usage_unit', 'cost_details',
    ] %}
        {% do columns.update({name: 'varchar'}) %}
    {% endfor %}
    {% for name in token_classes() + ['web_search_calls', 'total_tokens'] %}
        {% do columns.update({name: 'bigint'}) %}
    {% endfor %}
    {% do columns.update({'total_cost': 'decimal(38, 18)'}) %}
    {{ return(columns) }}
{% endmacro %}
