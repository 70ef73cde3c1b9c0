{# The customer's tables with the types that models see. A test holds names and types against orchestration/reference,
   which reads the same files row by row and refuses whatever could be understood differently here. #}
{% macro reference_columns() %}
    {{ return({
        'organisation': {
            'member_type': 'varchar', 'member': 'varchar', 'name': 'varchar', 'team': 'varchar',
            'department': 'varchar', 'cost_centre': 'varchar', 'valid_from': 'date', 'valid_to': 'date',
        },
        'departments': {
            'department': 'varchar', 'cost_centre': 'varchar', 'owner': 'varchar', 'owner_email': 'varchar',
            'valid_from': 'date', 'valid_to': 'date',
        },
        'budgets': {
            'budget_id': 'varchar', 'scope_type': 'varchar', 'scope': 'varchar', 'measure': 'varchar',
            'amount': 'decimal(18, 2)', 'currency': 'varchar', 'period': 'varchar', 'thresholds': 'varchar',
            'valid_from': 'date', 'valid_to': 'date',
        },
        'discounts': {
            'discount_id': 'varchar', 'kind': 'varchar', 'provider': 'varchar', 'provider_account': 'varchar',
            'model': 'varchar', 'department': 'varchar', 'percent': 'decimal(10, 6)', 'per_unit': 'decimal(22, 12)',
            'unit': 'varchar', 'apply_order': 'integer', 'valid_from': 'date', 'valid_to': 'date', 'source': 'varchar',
            'inference_region': 'varchar',
        },
        'commitments': {
            'commitment_id': 'varchar', 'name': 'varchar', 'kind': 'varchar', 'provider': 'varchar',
            'models': 'varchar', 'amount': 'decimal(14, 2)', 'currency': 'varchar', 'valid_from': 'date',
            'valid_to': 'date', 'source': 'varchar',
        },
        'credit_grants': {
            'grant_id': 'varchar', 'scope_type': 'varchar', 'scope': 'varchar', 'kind': 'varchar',
            'amount': 'decimal(21, 6)', 'unit': 'varchar', 'use_order': 'integer', 'valid_from': 'date',
            'valid_to': 'date', 'provider': 'varchar', 'model': 'varchar', 'note': 'varchar',
        },
        'allotments': {
            'plan': 'varchar', 'scope_type': 'varchar', 'scope': 'varchar', 'credit_type': 'varchar',
            'quantity': 'decimal(21, 6)', 'period': 'varchar', 'valid_from': 'date', 'valid_to': 'date',
        },
        'taxes': {
            'jurisdiction': 'varchar', 'name': 'varchar', 'percent': 'decimal(9, 6)', 'mode': 'varchar',
            'scope_type': 'varchar', 'scope': 'varchar', 'applies_to': 'varchar', 'valid_from': 'date',
            'valid_to': 'date',
        },
        'shared_costs': {
            'shared_id': 'varchar', 'name': 'varchar', 'kind': 'varchar', 'amount': 'decimal(21, 6)',
            'currency': 'varchar', 'rule': 'varchar', 'target_type': 'varchar', 'targets': 'varchar',
            'weights': 'varchar', 'valid_from': 'date', 'valid_to': 'date',
        },
        'invoices': {
            'provider': 'varchar', 'account': 'varchar', 'invoice_number': 'varchar', 'line': 'varchar',
            'kind': 'varchar', 'model': 'varchar', 'first_day': 'date', 'last_day': 'date', 'currency': 'varchar',
            'amount': 'decimal(21, 6)', 'tax': 'decimal(21, 6)', 'issued_on': 'date',
        },
        'payments': {
            'payment_id': 'varchar', 'paid_on': 'date', 'amount': 'decimal(21, 6)', 'currency': 'varchar',
            'scope_type': 'varchar', 'scope': 'varchar', 'statement': 'varchar', 'reference': 'varchar',
        },
        'fx_rates': {
            'currency': 'varchar', 'rate_date': 'date', 'rate': 'decimal(18, 12)', 'source': 'varchar',
        },
    }) }}
{% endmacro %}

{# What an empty cell stands for, by column; elsewhere '' for text and NULL for everything else. #}
{% macro reference_defaults() %}
    {{ return({
        'valid_from': '0001-01-01', 'valid_to': '9999-12-31', 'thresholds': '75;90;95;100', 'tax': '0',
        'invoices.kind': 'usage', 'shared_costs.kind': 'cost',
    }) }}
{% endmacro %}

{# One table, typed, read where it lies. Lines without any value are no rows. #}
{% macro reference_select(name, columns) %}
    {%- set file = var('reference').get(name) -%}
    {%- if not file %}{{ return(empty_select(columns)) }}{% endif -%}
    {%- set defaults = reference_defaults() -%}
    {%- set cells, filled = [], [] -%}
    {%- for column, type in columns.items() -%}
        {%- if column in file['columns'] -%}
            {%- set text = 'trim("' ~ column ~ '")' -%}
            {% do filled.append('coalesce(' ~ text ~ ", '') <> ''") %}
        {%- else -%}
            {%- set text = "''" -%}
        {%- endif -%}
        {%- set empty = defaults.get(name ~ '.' ~ column, defaults.get(column, '' if type == 'varchar' else none)) -%}
        {%- set value = 'nullif(' ~ text ~ ", '')" -%}
        {%- if empty is not none %}{% set value = 'coalesce(' ~ value ~ ', ' ~ quoted(empty) ~ ')' %}{% endif -%}
        {% do cells.append('cast(' ~ value ~ ' as ' ~ type ~ ') as "' ~ column ~ '"') %}
    {%- endfor -%}
    {%- set declared = [] -%}
    {%- for column in file['columns'] %}{% do declared.append(quoted(column) ~ ": 'varchar'") %}{% endfor -%}
    {{ return(
        'select ' ~ cells | join(', ') ~ ' from read_csv(' ~ quoted(file['path']) ~ ", header = true, delim = ',', "
        ~ "quote = '\"', escape = '\"', auto_detect = false, null_padding = true, parallel = false, columns = {"
        ~ declared | join(', ') ~ '}) where ' ~ filled | join(' or ')
    ) }}
{% endmacro %}
