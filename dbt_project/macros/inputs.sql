{# What a build reads from outside the warehouse, as views that models use through source(): raw facts, reference
   tables, price books, the days to build and the published days beside them. Run by dbt before any model. #}
{% macro attach_inputs() %}
    {% if execute %}
        {% for schema in ['raw', 'reference', 'prices', 'run', 'published'] %}
            {% do run_query('create schema if not exists ' ~ schema) %}
        {% endfor %}
        {% for kind, columns in raw_columns().items() %}
            {% do run_query(
                'create or replace view raw.' ~ kind ~ ' as '
                ~ (fetched_select if kind in fetched_kinds() else raw_select)(columns, var('raw_files').get(kind, []))
            ) %}
        {% endfor %}
        {% for name, columns in reference_columns().items() %}
            {% do run_query('create or replace view reference.' ~ name ~ ' as ' ~ reference_select(name, columns)) %}
        {% endfor %}
        {% do run_query('create or replace view prices.bands as ' ~ price_bands_select()) %}
        {% do run_query('create or replace view prices.models as ' ~ price_models_select()) %}
        {% do run_query('create or replace view run.days as ' ~ values_select(
            {
                'usage_date': 'date', 'price_version': 'varchar', 'fx_rate': 'decimal(18, 12)', 'fx_date': 'date',
            }, var('days')
        )) %}
        {% do run_query('create or replace view run.months as ' ~ months_select()) %}
        {% do run_query('create or replace view run.bill_rates as ' ~ values_select(
            {'rate_day': 'date', 'fx_rate': 'decimal(18, 12)', 'fx_date': 'date'}, var('bill_rates')
        )) %}
        {% do run_query('create or replace view run.closed_months as ' ~ values_select(
            {'month': 'date'}, var('closed_months')
        )) %}
        {% do run_query('create or replace view published.published_daily_usage as ' ~ published_daily_select()) %}
        {% do run_query('create or replace view published.published_daily_credits as ' ~ published_credits_select()) %}
        {% do run_query('create or replace view published.published_credit_days as ' ~ parquet_select(
            {
                'usage_date': 'date', 'department': 'varchar', 'provider': 'varchar', 'model': 'varchar',
                'effective_cost': 'decimal(38, 18)',
            },
            var('published_credit_day_files')
        )) %}
        {% do run_query('create or replace view published.issued_charges as ' ~ parquet_select(
            {
                'month': 'date', 'scope_type': 'varchar', 'line_kind': 'varchar', 'grant_id': 'varchar',
                'amount': 'decimal(38, 18)',
            },
            var('issued_charge_files')
        )) %}
        {% do run_query('create or replace view published.published_daily_utc_usage as ' ~ published_utc_select()) %}
        {% do run_query('create or replace view published.published_daily_control_usage as ' ~ published_control_select()) %}
    {% endif %}
{% endmacro %}

{% macro quoted(text) %}{{ return("'" ~ (text | string | replace("'", "''")) ~ "'") }}{% endmacro %}

{% macro empty_select(columns) %}
    {%- set cells = [] -%}
    {%- for name, type in columns.items() %}{% do cells.append('cast(null as ' ~ type ~ ') as "' ~ name ~ '"') %}{% endfor -%}
    {{ return('select ' ~ cells | join(', ') ~ ' where false') }}
{% endmacro %}

{# Rows given as a list of dicts; no rows give the same columns. #}
{% macro values_select(columns, rows) %}
    {%- if not rows %}{{ return(empty_select(columns)) }}{% endif -%}
    {%- set cells = [] -%}
    {%- for name, type in columns.items() -%}
        {% do cells.append('cast("' ~ name ~ '" as ' ~ type ~ ') as "' ~ name ~ '"') %}
    {%- endfor -%}
    {%- set lines = [] -%}
    {%- for row in rows -%}
        {%- set values = [] -%}
        {%- for name in columns -%}
            {% do values.append('null' if row[name] is none else quoted(row[name])) %}
        {%- endfor -%}
        {% do lines.append('(' ~ values | join(', ') ~ ')') %}
    {%- endfor -%}
    {{ return(
        'select ' ~ cells | join(', ') ~ ' from (values ' ~ lines | join(', ') ~ ') as given ("'
        ~ columns.keys() | join('", "') ~ '")'
    ) }}
{% endmacro %}

{% macro file_list(paths) %}
    {%- set names = [] -%}
    {%- for path in paths %}{% do names.append(quoted(path)) %}{% endfor -%}
    {{ return('[' ~ names | join(', ') ~ ']') }}
{% endmacro %}

{# Facts of one kind of source from the files of this build's UTC dates. Facts are never rewritten, so a file landed
   before a column existed does not have it: the schema is given by name, and such a column is NULL. #}
{% macro raw_select(columns, files, with_landing=false) %}
    {%- if not files %}{{ return(empty_select(columns)) }}{% endif -%}
    {%- set fields = [] -%}
    {%- for name, type in columns.items() -%}
        {% do fields.append(
            quoted(name) ~ ': {name: ' ~ quoted(name) ~ ', type: ' ~ quoted(type) ~ ', default_value: null}'
        ) %}
    {%- endfor -%}
    {{ return(
        'select *' ~ (', ' ~ landing_of_file() ~ ' as landing' if with_landing else '')
        ~ ' from read_parquet(' ~ file_list(files) ~ ', schema = map {' ~ fields | join(', ') ~ '})'
    ) }}
{% endmacro %}

{% macro months_select() %}
    {%- set rows = [] -%}
    {%- for month in var('months') %}{% do rows.append({'month': month}) %}{% endfor -%}
    {%- set last = 'cast(month + interval 1 month as date) - 1' -%}
    {{ return(
        'select month, cast(month + interval 1 month as date) as next_month, least(' ~ last ~ ', date '
        ~ quoted(var('data_until')) ~ ') as data_until, least(' ~ last ~ ', greatest(date ' ~ quoted(var('data_until'))
        ~ ', date ' ~ quoted(var('over_until')) ~ ')) as owed_until from ('
        ~ values_select({'month': 'date'}, rows) ~ ')'
    ) }}
{% endmacro %}

{# Daily usage that is published already, for the months being built. #}
{% macro published_daily_select() %}
    {%- set columns = {'usage_date': 'date'} -%}
    {%- for name in usage_dimensions() %}{% do columns.update({name: 'varchar'}) %}{% endfor -%}
    {%- do columns.update({'is_priced': 'boolean', 'unpriced_reason': 'varchar', 'price_version': 'varchar'}) -%}
    {%- do columns.update(rate_columns()) -%}
    {%- do columns.update({'requests': 'bigint', 'failed_requests': 'bigint'}) -%}
    {%- for name in token_classes() + ['total_tokens'] + counted_units() -%}
        {% do columns.update({name: 'decimal(38, 0)'}) %}
    {%- endfor -%}
    {%- for name in cost_parts() + cost_totals() + ['estimated_cost'] -%}
        {% do columns.update({name: 'decimal(38, 18)'}) %}
    {%- endfor -%}
    {%- if not var('published_daily_files') %}{{ return(empty_select(columns)) }}{% endif -%}
    {{ return(
        'select "' ~ columns.keys() | join('", "') ~ '" from read_parquet(' ~ file_list(var('published_daily_files')) ~ ')'
    ) }}
{% endmacro %}

{# Daily credits that are published already, for the months being built. #}
{% macro published_credits_select() %}
    {%- set columns = {'usage_date': 'date'} -%}
    {%- for name in credit_dimensions() %}{% do columns.update({name: 'varchar'}) %}{% endfor -%}
    {%- do columns.update({'quantity': 'decimal(38, 18)', 'events': 'bigint'}) -%}
    {%- if not var('published_credit_files') %}{{ return(empty_select(columns)) }}{% endif -%}
    {{ return(
        'select "' ~ columns.keys() | join('", "') ~ '" from read_parquet(' ~ file_list(var('published_credit_files')) ~ ')'
    ) }}
{% endmacro %}

{# These columns of published files; no files give no rows. #}
{% macro parquet_select(columns, files) %}
    {%- if not files %}{{ return(empty_select(columns)) }}{% endif -%}
    {{ return('select "' ~ columns.keys() | join('", "') ~ '" from read_parquet(' ~ file_list(files) ~ ')') }}
{% endmacro %}
