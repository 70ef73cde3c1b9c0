{# Money in another currency. A rate is what one unit is worth in the reporting currency, at most 12 decimals and below a
   million; orchestration/reference/fx.py says the same in Python. #}

{# What price books and providers' own charges are in. #}
{% macro price_currency() %}{{ return('USD') }}{% endmacro %}

{# Whether prices have to be turned into the reporting currency. #}
{% macro prices_are_foreign() %}{{ return(var('currency') != price_currency()) }}{% endmacro %}

{# An amount at a rate: one rounding, half up (away from 0) at the 18th decimal. NULL where either is. `amount` is
   repeated, so give a column. Up to 10^14; more is refused by the cast. #}
{% macro at_rate(amount, rate) %}
    {{- return(
        'case when ' ~ amount ~ ' < 0 then -(' ~ _at_rate('-(' ~ amount ~ ')', rate) ~ ') else '
        ~ _at_rate(amount, rate) ~ ' end'
    ) -}}
{% endmacro %}

{# An amount of 30 digits times a rate of 18 has more digits than a decimal. So its whole millionths (taken from below,
   hence the subtraction) are multiplied exactly, and only what is left of it is rounded. #}
{% macro _at_rate(amount, rate) %}
    {%- set millionths = 'cast(' ~ amount ~ ' - 0.0000005 as decimal(20, 6))' -%}
    {%- set rest = 'cast(' ~ amount ~ ' - ' ~ millionths ~ ' as decimal(18, 18))' -%}
    {%- set exact = 'cast(' ~ rate ~ ' as decimal(18, 12))' -%}
    {{- return(
        'cast(' ~ millionths ~ ' * ' ~ exact ~ ' + cast(' ~ rest ~ ' * ' ~ exact
        ~ ' as decimal(38, 18)) as decimal(38, 18))'
    ) -}}
{% endmacro %}

{# An amount at one rate as it would be at another: amount * other / own, exact, then rounded half up at the 18th
   decimal. NULL where any of them is. `amount` is repeated, so give a column. #}
{% macro at_other_rate(amount, own, other) %}
    {%- set units = to_units('abs(' ~ amount ~ ')') -%}
    {%- set by = 'cast(' ~ own ~ ' * 1000000000000 as hugeint)' -%}
    {%- set times = 'cast(' ~ other ~ ' * 1000000000000 as hugeint)' -%}
    {%- set share = exact_share(units, '(' ~ times ~ ' % ' ~ by ~ ')', by) -%}
    {%- set whole = '(' ~ units ~ ' // ' ~ by ~ ') * (' ~ times ~ ' % ' ~ by ~ ') + (' ~ share ~ ').q' -%}
    {{- return(
        'cast(' ~ from_units(units ~ ' * (' ~ times ~ ' // ' ~ by ~ ') + ' ~ whole ~ ' + case when 2 * (' ~ share ~ ').r >= ' ~ by
        ~ ' then 1 else 0 end') ~ ' * case when ' ~ amount ~ ' < 0 then -1 else 1 end as decimal(38, 18))'
    ) -}}
{% endmacro %}

{# Joins the rate of a row's currency in force on a day of it, under the name `alias`; a row without one keeps NULL.
   Then {{ '{{' }} at_rate('amount', alias ~ '.rate') }} is the amount, and alias.rate_date the rate's date. #}
{% macro join_rate(currency, day, alias='fx') %}
    left join {{ ref('int_fx_rates') }} as {{ alias }}
        on
            {{ currency }} = {{ alias }}.currency
            and {{ day }} >= {{ alias }}.valid_from and {{ day }} < {{ alias }}.valid_to
{% endmacro %}

{# What a day's costs are in and were converted with. #}
{% macro rate_columns() %}
    {{ return({
        'currency': 'varchar', 'price_currency': 'varchar', 'fx_rate': 'decimal(18, 12)', 'fx_date': 'date',
    }) }}
{% endmacro %}

{# Those columns of a daily mart, for rows of one day: `days` is run.days, joined on the day. #}
{% macro rates_of_day(days) %}
    cast('{{ var("currency") }}' as varchar) as currency,
    cast('{{ price_currency() }}' as varchar) as price_currency,
    {{ days }}.fx_rate,
    {{ days }}.fx_date
{% endmacro %}
