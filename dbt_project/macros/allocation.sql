{# Exact division of money into shares: whole numbers of the last decimal, since `/` on decimals would be a float. #}

{# An amount as a whole number of units of the 18th decimal, and back. #}
{% macro to_units(amount) %}{{ return(adapter.dispatch('to_units', 'tallyhouse')(amount)) }}{% endmacro %}

{% macro duckdb__to_units(amount) %}
    {{- return("cast(replace(cast(cast(" ~ amount ~ " as decimal(38, 18)) as varchar), '.', '') as hugeint)") -}}
{% endmacro %}

{% macro from_units(units) %}{{ return(adapter.dispatch('from_units', 'tallyhouse')(units)) }}{% endmacro %}

{% macro duckdb__from_units(units) %}
    {{- return(
        'cast(cast(' ~ units ~ ' as decimal(38, 0)) * cast(0.000000000000000001 as decimal(18, 18)) as decimal(38, 18))'
    ) -}}
{% endmacro %}

{# floor(whole * basis / total) as q, and what is left of it, in parts of `total`, as r; all three are whole numbers of
   0 or more, basis at most total. The product would not fit: so whole = n * total + m, and m * basis is divided six
   digits of basis at a time. A total of 8 * 10^31 units (8 * 10^13 dollars in a month) and more is refused. #}
{% macro exact_share(whole, basis, total) %}{{ return(adapter.dispatch('exact_share', 'tallyhouse')(whole, basis, total)) }}{% endmacro %}

{% macro duckdb__exact_share(whole, basis, total) %}
    {%- set digits = [] -%}
    {%- for place in [36, 30, 24, 18, 12, 6, 0] -%}
        {% do digits.append('(' ~ basis ~ ' // ' ~ 10 ** place ~ '::hugeint) % 1000000') %}
    {%- endfor -%}
    {%- set step = '(a.r * 1000000 + (' ~ whole ~ ' % ' ~ total ~ ') * x)' -%}
    {{- return(
        'list_reduce([' ~ digits | join(', ') ~ '], lambda a, x: {q: a.q * 1000000 + ' ~ step ~ ' // ' ~ total
        ~ ', r: ' ~ step ~ ' % ' ~ total ~ '}, {q: 0::hugeint, r: 0::hugeint})'
    ) -}}
{% endmacro %}

{# Whether a day's usage is what a commitment is for: complete days of its provider and, where it names any, its models. #}
{% macro is_committed(commitment, days) %}
    {{- commitment }}.month = {{ days }}.month and {{ days }}.is_priced
    and {{ days }}.usage_date <= {{ commitment }}.data_until and {{ commitment }}.provider = {{ days }}.provider
    and (
        {{ commitment }}.models = ''
        or list_contains(
            string_split(regexp_replace({{ commitment }}.models, ' *; *', ';', 'g'), ';'), {{ days }}.model
        )
    )
{%- endmacro %}

{# What that usage counts for: at list price where a flat fee covers it, without what the provider charged itself, which
   no fee covers; else what it costs. #}
{% macro committed_basis(kind, days) %}
    {{- 'case when ' ~ kind ~ " = 'flat' then " ~ days ~ '.list_cost - ' ~ days ~ '.charged_cost else ' ~ days
        ~ '.effective_cost end' -}}
{% endmacro %}
