{# The columns of a price band; every rate is USD for one unit. #}
{% macro band_columns() %}
    {% set columns = {
        'price_id': 'varchar', 'provider': 'varchar', 'model': 'varchar', 'service_tier': 'varchar',
        'valid_from': 'timestamp', 'valid_to': 'timestamp', 'day_from': 'integer', 'day_to': 'integer',
        'context_from': 'bigint', 'context_to': 'bigint', 'least_audio_seconds': 'integer',
        'region_premium': 'decimal(10, 8)', 'premium_region': 'varchar', 'premium_note': 'varchar', 'tier_rule': 'varchar',
        'origin': 'varchar', 'known_on': 'date', 'note': 'varchar',
    } %}
    {% for name in token_classes() + counted_units() %}
        {% do columns.update({rate_of(name): 'decimal(22, 18)'}) %}
    {% endfor %}
    {% do columns.update({'request_rate': 'decimal(22, 18)'}) %}
    {{ return(columns) }}
{% endmacro %}

{# Books are never rewritten, so one from before a token class was told apart has no rate for it: the class was part of
   its parent then, and is charged there. In a newer book such a rate is NULL only where its parent's is. #}
{% macro parent_rates() %}
    {{ return({
        'cache_read_audio_rate': 'cache_read_rate', 'cache_read_image_rate': 'cache_read_rate',
        'input_video_rate': 'uncached_input_rate', 'output_video_rate': 'output_rate', 'citation_rate': 'output_rate',
    }) }}
{% endmacro %}

{% macro price_bands_select() %}
    {%- set columns = band_columns() -%}
    {%- set parts, cells = [], [] -%}
    {%- for name in columns -%}
        {% do cells.append(
            'coalesce(' ~ name ~ ', ' ~ parent_rates()[name] ~ ') as ' ~ name if name in parent_rates() else name
        ) %}
    {%- endfor -%}
    {%- for version, files in var('price_books').items() -%}
        {% do parts.append(
            'select ' ~ quoted(version) ~ ' as price_version, ' ~ cells | join(', ') ~ ' from ('
            ~ raw_select(columns, [files['bands']]) ~ ')'
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
