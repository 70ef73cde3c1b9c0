{# Discounts and markups of the pinned price books (orchestration/prices/discounts.py). CASE over their few rows and not
   a join: a row costs next to nothing, and nothing where there are none. #}

{# Whether a step is taken for an event: it agrees with all that the row names, on a day on which the row holds. #}
{% macro step_applies(step) %}
    {%- set versions = [] -%}
    {%- for version in step['versions'] %}{% do versions.append(quoted(version)) %}{% endfor -%}
    {%- set parts = ['is_discountable', 'price_version in (' ~ versions | join(', ') ~ ')'] -%}
    {%- for name in ['provider', 'model', 'department'] -%}
        {%- if step[name] %}{% do parts.append(name ~ ' = ' ~ quoted(step[name])) %}{% endif -%}
    {%- endfor -%}
    {%- if step['provider_account'] -%}
        {% do parts.append("coalesce(provider_account, '') = " ~ quoted(step['provider_account'])) %}
    {%- endif -%}
    {%- if step['inference_region'] -%}
        {% do parts.append('ran_in = ' ~ quoted(step['inference_region'])) %}
    {%- endif -%}
    {% do parts.append('usage_date >= date ' ~ quoted(step['valid_from'])) %}
    {% do parts.append('usage_date < date ' ~ quoted(step['valid_to'])) %}
    {{- return(parts | join(' and ')) -}}
{% endmacro %}

{# A share of an amount, rounded half up at the 18th decimal; an amount of 10^10 or more is refused by the cast. #}
{% macro share_at_18(amount, share) %}
    {{- return(
        'cast(cast(' ~ amount ~ ' as decimal(28, 18)) * cast(' ~ share ~ ' as decimal(10, 8)) as decimal(38, 18))'
    ) -}}
{% endmacro %}

{# What a step adds or takes off, given what the steps before left. A share is rounded half up at the 18th decimal, the
   only rounding there is; money for each unit is exact. More than is left cannot be taken off. #}
{% macro step_amount(step, before) %}
    {%- if step['factor'] is not none -%}
        {%- set share = share_at_18(before, step['factor']) -%}
    {%- elif step['unit'] == 'mtok' -%}
        {%- set share = 'cast(total_tokens as decimal(16, 0)) * cast(' ~ step['rate'] ~ ' as decimal(22, 18))' -%}
    {%- else -%}
        {%- set share = 'cast(requests as decimal(16, 0)) * cast(' ~ step['rate'] ~ ' as decimal(22, 12))' -%}
    {%- endif -%}
    {%- set amount = 'cast(' ~ share ~ ' as decimal(38, 18))' -%}
    {{- return('-least(' ~ amount ~ ', ' ~ before ~ ')' if step['kind'] == 'discount' else amount) -}}
{% endmacro %}

{# The sum of the steps of one kind, by their place in var('discounts'). #}
{% macro steps_of_kind(kind) %}
    {%- set parts = [] -%}
    {%- for step in var('discounts') if step['kind'] == kind -%}
        {% do parts.append('step_' ~ (var('discounts').index(step) + 1)) %}
    {%- endfor -%}
    {{- return(parts | join(' + ') if parts else '0') -}}
{% endmacro %}

{# From the list price to what is paid for it. #}
{% macro cost_totals() %}{{ return(['list_cost', 'markup_cost', 'discount_cost', 'effective_cost']) }}{% endmacro %}
