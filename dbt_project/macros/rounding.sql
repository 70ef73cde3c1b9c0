{# Rounding to the cent so that parts add up, and shares of amounts in cents. All of it in integers and decimals. #}

{# An amount cut to whole cents, towards zero. #}
{% macro whole_cents(amount) %}
    {{- return(
        'cast(sign(' ~ amount ~ ') * floor(abs(' ~ amount ~ ') * 100) as decimal(36, 0)) * cast(0.01 as decimal(2, 2))'
    ) -}}
{% endmacro %}

{# The rows of a relation with its column `amount` as `rounded`, in cents, so that each partition adds up to its
   `target` (largest remainder). A target in cents must lie within a cent for each row of the exact sum. No amount moves
   by a cent or more. Ties go to the row that comes first by `line_order`. #}
{% macro largest_remainder(relation, target, partition, line_order) %}
    select
        * exclude (whole, missing),
        cast(
            whole + case
                when row_number() over (
                    partition by {{ partition }} order by (amount - whole) * sign(missing) desc, {{ line_order }}
                ) <= abs(missing) then sign(missing)
                else 0
            end * cast(0.01 as decimal(3, 2)) as decimal(38, 2)
        ) as rounded
    from (
        select *, ({{ target }} - sum(whole) over (partition by {{ partition }})) * 100 as missing
        from (select *, {{ whole_cents('amount') }} as whole from {{ relation }}) as cut
    ) as measured
{% endmacro %}

{# base * percent / whole, rounded half up at the 18th decimal; `base` is 0 or more and in cents, both percentages have
   six decimals. Quotient and remainder apart, so that nothing overflows. #}
{% macro share_of(base, percent, whole) %}
    {{ return(adapter.dispatch('share_of', 'tallyhouse')(base, percent, whole)) }}
{% endmacro %}

{% macro duckdb__share_of(base, percent, whole) %}
    {%- set part = '(cast(' ~ base ~ ' * 100 as hugeint) * cast(' ~ percent ~ ' * 1000000 as hugeint))' -%}
    {%- set by = 'cast((' ~ whole ~ ') * 1000000 as hugeint)' -%}
    {%- set units = '(' ~ part ~ ' // ' ~ by ~ ' * 10000000000000000 + (' ~ part ~ ' % ' ~ by
        ~ ' * 20000000000000000 + ' ~ by ~ ') // (2 * ' ~ by ~ '))' -%}
    {{- return(
        'cast(cast(' ~ units ~ ' // 1000000000000000000 as decimal(20, 0)) + cast(' ~ units
        ~ ' % 1000000000000000000 as decimal(18, 0)) * cast(0.000000000000000001 as decimal(18, 18)) as decimal(38, 18))'
    ) -}}
{% endmacro %}
