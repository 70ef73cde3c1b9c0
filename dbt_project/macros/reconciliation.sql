{# What providers' bills are compared with, and how a difference is split. #}

{# The currency of computed costs, in which bills are compared. #}
{% macro computed_currency() %}{{ return(quoted(var('currency'))) }}{% endmacro %}

{# The causes that a variance is split into; `unexplained` is what none of them is shown to be. #}
{% macro variance_causes() %}
    {{ return([
        'unpriced', 'missing_days', 'days_not_billed', 'price', 'rounding', 'credits', 'fees', 'time_zone', 'adjustments',
        'exchange',
    ]) }}
{% endmacro %}

{# Causes by which figures or data are wrong until somebody mends them; the others are no fault. #}
{% macro causes_to_mend() %}{{ return(['unpriced', 'missing_days', 'days_not_billed', 'price']) }}{% endmacro %}

{# How far a printed amount may lie from the exact one: half of its last digit, and never more than half a cent. #}
{% macro half_unit(amount) %}
    case
        {% for digits in range(2, 13) %}
        when {{ amount }} = round({{ amount }}, {{ digits }}) then cast(0.{{ '0' * digits }}5 as decimal(38, 18))
        {% endfor %}
        else cast(0 as decimal(38, 18))
    end
{% endmacro %}

{# Quantities that two records of the same usage must share: output may be told apart from reasoning in one of them
   only, and what is not counted is 0. `requests` are no part: a provider's report need not say how many there were. #}
{% macro compared_quantities() %}
    {%- set quantities = ['coalesce(output_tokens, 0) + coalesce(reasoning_tokens, 0)'] -%}
    {%- for name in token_classes() + counted_units() if name not in ['output_tokens', 'reasoning_tokens'] -%}
        {% do quantities.append('coalesce(' ~ name ~ ', 0)') %}
    {%- endfor -%}
    {{ return(quantities) }}
{% endmacro %}

{# How far what is open may go: the settings' amount, or their percentage of what was billed for usage and fees. #}
{% macro tolerance(billed, credits) %}
    {%- set settings = var('reconcile') -%}
    cast(
        greatest(
            cast({{ quoted(settings.tolerance_amount) }} as decimal(38, 18)),
            cast(
                cast(abs({{ billed }} - {{ credits }}) as decimal(24, 6))
                * cast({{ quoted(settings.tolerance_percent) }} as decimal(9, 6))
                * cast(0.01 as decimal(2, 2)) as decimal(38, 18)
            )
        ) as decimal(38, 18)
    )
{% endmacro %}

{# An amount of money that is 0 where nothing is there to be summed. #}
{% macro money(expression) %}
    {{- return('cast(coalesce(' ~ expression ~ ', 0) as decimal(38, 18))') -}}
{% endmacro %}
