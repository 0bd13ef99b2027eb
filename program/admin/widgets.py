"""Fields of the admin that show what organisers' words will look like."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.widgets import AdminTextareaWidget
from django.db import models
from django.forms import CheckboxSelectMultiple, Media, Script
from django.urls import reverse
from django.utils.translation import gettext_lazy


class MarkdownWidget(AdminTextareaWidget):
    """A textarea with a button that shows the text as the page will.

    Without JavaScript the button opens the preview in a tab of its own: it sends the form
    there, so that nothing typed is lost. It needs a form with a CSRF token.
    """

    template_name = "admin/widgets/markdown.html"

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"]["attrs"] |= {"data-markdown": reverse("admin:markdown"), "rows": 6}
        return context

    @property
    def media(self) -> Media:
        script: Any = Script("js/markdown.js", type="module")
        return Media(js=[script])


class Checkboxes(CheckboxSelectMultiple):
    """Without a pointer to the words that help: the admin gives those no id."""

    def create_option(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(*args, **kwargs)
        option["attrs"].pop("aria-describedby", None)
        return option


# What Markdown is typed in, in every form.
MARKDOWN: dict[type[models.Field], dict[str, Any]] = {
    models.TextField: {
        "widget": MarkdownWidget,
        "help_text": gettext_lazy(
            "Empty line: new paragraph. **bold**, *slanted*, - for a list, [words](https://…)."
        ),
    }
}
