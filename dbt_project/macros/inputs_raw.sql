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
        'status': 'varchar', 'cache_hit': 'varchar', 'requester_ip_address': 'varchar', 'api_base': 'varchar',
        'metadata': 'varchar', 'request_tags': 'varchar', 'continent': 'varchar', 'country': 'varchar',
        'region': 'varchar', 'city': 'varchar',
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
        'git_branch': 'varchar', 'inference_geo': 'varchar',
    }) %}
    {% do claude_code.update(folders) %}

    {% set reported = {
        'report': 'varchar', 'bucket_end': 'timestamp', 'provider_account': 'varchar',
    } %}
    {% set openai = {} %}
    {% do openai.update(common) %}
    {% do openai.update(reported) %}
    {% do openai.update({
        'input_tokens': 'bigint', 'input_cached_tokens': 'bigint', 'input_cache_write_tokens': 'bigint',
        'input_uncached_tokens': 'bigint', 'input_audio_tokens': 'bigint', 'input_cached_audio_tokens': 'bigint',
        'input_image_tokens': 'bigint', 'input_cached_image_tokens': 'bigint', 'output_tokens': 'bigint',
        'output_audio_tokens': 'bigint', 'output_image_tokens': 'bigint', 'num_model_requests': 'bigint',
        'project_id': 'varchar', 'user_id': 'varchar', 'api_key_id': 'varchar', 'model': 'varchar',
        'batch': 'varchar', 'service_tier': 'varchar', 'line_item': 'varchar', 'quantity_unit': 'varchar',
        'amount': 'decimal(38, 18)', 'currency': 'varchar', 'quantity': 'decimal(38, 18)',
    }) %}

    {% set anthropic = {} %}
    {% do anthropic.update(common) %}
    {% do anthropic.update(reported) %}
    {% do anthropic.update({
        'uncached_input_tokens': 'bigint', 'cache_read_input_tokens': 'bigint', 'output_tokens': 'bigint',
        'ephemeral_5m_input_tokens': 'bigint', 'ephemeral_1h_input_tokens': 'bigint',
        'web_search_requests': 'bigint', 'account_id': 'varchar', 'service_account_id': 'varchar',
        'api_key_id': 'varchar', 'workspace_id': 'varchar', 'model': 'varchar', 'service_tier': 'varchar',
        'speed': 'varchar', 'context_window': 'varchar', 'inference_geo': 'varchar', 'cost_type': 'varchar',
        'description': 'varchar', 'token_type': 'varchar', 'amount_cents': 'decimal(38, 18)', 'currency': 'varchar',
    }) %}

    {% set kinds = {
        'events': events, 'litellm': litellm, 'claude_code': claude_code, 'openai': openai, 'anthropic': anthropic,
    } %}
    {% for kind, own in raw_columns_of_exports().items() %}
        {% set columns = {} %}
        {% for part in [common, own, folders] %}{% do columns.update(part) %}{% endfor %}
        {% do kinds.update({kind: columns}) %}
    {% endfor %}
    {{ return(kinds) }}
{% endmacro %}

{# Kinds that are fetched: their files hold several generations of a window, of which the newest counts. #}
{% macro fetched_kinds() %}{{ return(['openai', 'anthropic']) }}{% endmacro %}

{# Rows of fetched files, without those of superseded generations: the build is told which members of which landings
   count (orchestration/marts/feeds.py). #}
{% macro fetched_select(columns, files) %}
    {%- if not files %}{{ return(empty_select(columns)) }}{% endif -%}
    {%- set landed = {'file': 'bigint'} -%}
    {%- do landed.update(columns) -%}
    {{ return(
        'select "' ~ columns.keys() | join('", "') ~ '" from (' ~ raw_select(landed, files, with_landing=true)
        ~ ') where (landing, file) in (select landing, file from ('
        ~ values_select({'landing': 'varchar', 'file': 'bigint'}, var('fetched_members')) ~ '))'
    ) }}
{% endmacro %}
