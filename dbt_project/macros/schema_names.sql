{# Schemas are named as they are: one warehouse belongs to one build of one home. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name or target.schema }}
{%- endmacro %}
