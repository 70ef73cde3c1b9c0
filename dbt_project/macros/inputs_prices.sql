{# The columns of a price band; every rate is USD for one unit. #}
{% macro band_columns() %}
    {% set columns = {
        'price_id': 'varchar', 'provider': 'varchar', 'model': 'varchar', 'service_tier': 'varchar',
        'valid_from': 'timestamp', 'valid_to': 'timestamp', 'day_from': 'integer', 'day_to': 'integer',
        'context_from': 'bigint', 'context_to': 'bigint', 'tier_rule': 'varchar',
    } %}
    {% for name in token_classes() %}
        {% do columns.update({name | replace('_tokens', '_rate'): 'decimal(22, 18)'}) %}
    {% endfor %}
    {% do columns.update({'web_search_rate': 'decimal(22, 18)', 'request_rate': 'decimal(22, 18)'}) %}
    {{ return(columns) }}
{% endmacro %}

{% macro price_bands_select() %}
    {%- set columns = band_columns() -%}
    {%- set parts = [] -%}
    {%- for version, files in var('price_books').items() -%}
        {% do parts.append(
            'select ' ~ quoted(version) ~ ' as price_version, "' ~ columns.keys() | join('", "')
            ~ '" from read_parquet(' ~ quoted(files['bands']) ~ ')'
        ) %}
    {%- endfor -%}
    {%- set versioned = {'price_version': 'varchar'} -%}
    {%- do versioned.update(columns) -%}
    {{ return(parts | join(' union all ') if parts else empty_select(versioned)) }}
{% endmacro %}

{% macro price_models_select() %}
    {%- set columns = {
        'raw_provider': 'varchar', 'raw_model': 'varchar', 'price_id': 'varchar', 'resolution': 'varchar',
    } -%}
    {%- set parts = [] -%}
    {%- for version, files in var('price_books').items() -%}
        {% do parts.append(
            'select ' ~ quoted(version) ~ ' as price_version, ' ~ columns.keys() | join(', ')
            ~ ' from read_parquet(' ~ quoted(files['models']) ~ ')'
        ) %}
    {%- endfor -%}
    {%- set versioned = {'price_version': 'varchar'} -%}
    {%- do versioned.update(columns) -%}
    {{ return(parts | join(' union all ') if parts else empty_select(versioned)) }}
{% endmacro %}
