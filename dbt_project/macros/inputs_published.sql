{# What is published already of the days that the months being built are made of, for reconciliation: a provider's month
   of UTC days also has days of the neighbouring months of the organisation. #}
{% macro published_utc_select() %}
    {%- set columns = {
        'usage_date': 'date', 'utc_date': 'date', 'provider': 'varchar', 'provider_account': 'varchar',
        'model': 'varchar', 'raw_model': 'varchar', 'events': 'bigint', 'unpriced_events': 'bigint',
    } -%}
    {{ return(published_select(columns, var('published_utc_files'))) }}
{% endmacro %}

{% macro published_control_select() %}
    {%- set columns = {
        'usage_date': 'date', 'utc_date': 'date', 'source': 'varchar', 'provider': 'varchar',
        'provider_account': 'varchar', 'model': 'varchar', 'service_tier': 'varchar', 'is_priced': 'boolean',
        'unpriced_reason': 'varchar', 'price_version': 'varchar', 'events': 'bigint',
    } -%}
    {{ return(published_select(columns, var('published_control_files'))) }}
{% endmacro %}

{# Those columns and every measure, from published files; no files give no rows. #}
{% macro published_select(columns, files) %}
    {%- do columns.update({'requests': 'bigint', 'failed_requests': 'bigint'}) -%}
    {%- for name in token_classes() + ['total_tokens'] + counted_units() -%}
        {% do columns.update({name: 'decimal(38, 0)'}) %}
    {%- endfor -%}
    {%- for name in cost_parts() + cost_totals() + ['estimated_cost'] -%}
        {% do columns.update({name: 'decimal(38, 18)'}) %}
    {%- endfor -%}
    {%- if not files %}{{ return(empty_select(columns)) }}{% endif -%}
    {{ return('select "' ~ columns.keys() | join('", "') ~ '" from read_parquet(' ~ file_list(files) ~ ')') }}
{% endmacro %}
