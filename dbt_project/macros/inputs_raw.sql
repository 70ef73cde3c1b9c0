{# The columns of raw facts by kind of source, as landing writes them (orchestration/sources/<kind>/reader.py). #}
{% macro raw_columns() %}
    {% set folders = {} %}
    {% for name in ['user_id', 'project', 'team', 'department', 'feature', 'api_key'] %}
        {% do folders.update({'folder_' ~ name: 'varchar'}) %}
    {% endfor %}
    {% set common = {'source': 'varchar', 'event_id': 'varchar', 'event_at': 'timestamp'} %}

    {% set events = canonical_columns() %}
    {% do events.update(folders) %}

    {% set litellm = {} %}
    {% do litellm.update(common) %}
    {% do litellm.update({
        'call_type': 'varchar', 'api_key': 'varchar', 'spend': 'decimal(38, 18)', 'total_tokens': 'bigint',
        'prompt_tokens': 'bigint', 'completion_tokens': 'bigint', 'end_at': 'timestamp', 'model': 'varchar',
        'model_id': 'varchar', 'model_group': 'varchar', 'custom_llm_provider': 'varchar', 'user': 'varchar',
        'team_id': 'varchar', 'organization_id': 'varchar', 'end_user': 'varchar', 'session_id': 'varchar',
        'status': 'varchar', 'cache_hit': 'varchar', 'requester_ip_address': 'varchar', 'metadata': 'varchar',
        'request_tags': 'varchar',
    }) %}
    {% do litellm.update(folders) %}

    {% set claude_code = {} %}
    {% do claude_code.update(common) %}
    {% do claude_code.update({
        'session_id': 'varchar', 'request_id': 'varchar', 'message_id': 'varchar', 'model': 'varchar',
        'input_tokens': 'bigint', 'output_tokens': 'bigint', 'cache_read_input_tokens': 'bigint',
        'cache_creation_input_tokens': 'bigint', 'ephemeral_5m_input_tokens': 'bigint',
        'ephemeral_1h_input_tokens': 'bigint', 'web_search_requests': 'bigint', 'service_tier': 'varchar',
        'speed': 'varchar', 'cost_usd': 'decimal(38, 18)', 'version': 'varchar', 'cwd': 'varchar',
        'git_branch': 'varchar',
    }) %}
    {% do claude_code.update(folders) %}

    {% set kinds = {'events': events, 'litellm': litellm, 'claude_code': claude_code} %}
    {% for kind, own in raw_columns_of_exports().items() %}
        {% set columns = {} %}
        {% for part in [common, own, folders] %}{% do columns.update(part) %}{% endfor %}
        {% do kinds.update({kind: columns}) %}
    {% endfor %}
    {{ return(kinds) }}
{% endmacro %}
