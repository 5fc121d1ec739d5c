"""How forms look: every `{{ form }}` and `{{ field.as_field_group }}` uses our own templates."""

from django.forms.renderers import TemplatesSetting


class FormRenderer(TemplatesSetting):
    """Render forms and fields by templates/components; widgets stay Django's, unless overridden."""

    form_template_name = "components/form.html"
    field_template_name = "components/form_field.html"
