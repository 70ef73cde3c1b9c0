{# The few expressions that engines spell differently. #}
{% macro json_text(column, path) %}{{ return(adapter.dispatch('json_text', 'tallyhouse')(column, path)) }}{% endmacro %}

{% macro duckdb__json_text(column, path) %}
    {{- return('json_extract_string(' ~ column ~ ", '$." ~ path ~ "')") -}}
{% endmacro %}

{% macro json_count(column, path) %}
    {{- return('coalesce(try_cast(' ~ json_text(column, path) ~ ' as bigint), 0)') -}}
{% endmacro %}

{# The first value under any of these keys of a JSON object, whatever is around it. #}
{% macro json_any(column, names) %}
    {%- set found = [] -%}
    {%- for name in names %}{% do found.append("nullif(" ~ json_text(column, '"' ~ name ~ '"') ~ ", '')") %}{% endfor -%}
    {{- return('coalesce(' ~ found | join(', ') ~ ')') -}}
{% endmacro %}

{# Text that a pattern finds in another, its first group; NULL where it finds nothing. #}
{% macro matched(column, pattern) %}{{ return(adapter.dispatch('matched', 'tallyhouse')(column, pattern)) }}{% endmacro %}

{% macro duckdb__matched(column, pattern) %}
    {{- return('nullif(regexp_extract(' ~ column ~ ', ' ~ quoted(pattern) ~ ", 1), '')") -}}
{% endmacro %}

{# The value of the first `name:value` or `name=value` in a JSON list of strings. #}
{% macro json_tag(column, name) %}{{ return(adapter.dispatch('json_tag', 'tallyhouse')(column, name)) }}{% endmacro %}

{% macro duckdb__json_tag(column, name) %}
    {{- return(
        'nullif(regexp_extract(' ~ column ~ ", '\"" ~ name ~ "[:=]([^\"]*)\"', 1), '')"
    ) -}}
{% endmacro %}

{# Labels as a JSON object of texts, without those that are NULL. `labels`: name → SQL. #}
{% macro json_labels(labels) %}{{ return(adapter.dispatch('json_labels', 'tallyhouse')(labels)) }}{% endmacro %}

{% macro duckdb__json_labels(labels) %}
    {%- set pairs = [] -%}
    {%- for name, value in labels.items() %}{% do pairs.append(quoted(name) ~ ', ' ~ value) %}{% endfor -%}
    {%- set filled = "json_merge_patch('{}', json_object(" ~ pairs | join(', ') ~ '))' -%}
    {{- return("nullif(cast(" ~ filled ~ " as varchar), '{}')") -}}
{% endmacro %}

{# Exact quotient of two non-negative decimals, rounded half up; `/` on decimals would be a float. NULL for a zero divisor. #}
{% macro ratio(dividend, divisor, scale) %}{{ return(adapter.dispatch('ratio', 'tallyhouse')(dividend, divisor, scale)) }}{% endmacro %}

{% macro duckdb__ratio(dividend, divisor, scale) %}
    {%- set over = 'cast(cast(' ~ dividend ~ ' as decimal(30, 12)) * 1000000000000 as hugeint)' -%}
    {%- set under = 'cast(cast(' ~ divisor ~ ' as decimal(30, 12)) * 1000000000000 as hugeint)' -%}
    {{- return(
        'case when ' ~ divisor ~ ' <> 0 then cast(cast((2 * ' ~ over ~ ' * ' ~ 10 ** scale ~ ' + ' ~ under ~ ') // (2 * '
        ~ under ~ ') as decimal(18, 0)) * cast(0.' ~ '0' * (scale - 1) ~ '1 as decimal(' ~ scale ~ ', ' ~ scale
        ~ ')) as decimal(18, ' ~ scale ~ ')) end'
    ) -}}
{% endmacro %}

{# The landing that a row of a raw file belongs to: a file is named after it, and numbered if the day has several. #}
{% macro landing_of_file() %}{{ return(adapter.dispatch('landing_of_file', 'tallyhouse')()) }}{% endmacro %}

{% macro duckdb__landing_of_file() %}
    {{- return("regexp_extract(filename, '([0-9a-f]+)(-[0-9]+)?[.]parquet$', 1)") -}}
{% endmacro %}
