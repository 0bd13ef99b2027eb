"""Fields of the admin that show what organisers' words will look like."""

from __future__ import annotations

import re
from typing import Any

from django.contrib import admin
from django.contrib.admin.widgets import AdminTextareaWidget
from django.forms import CharField, CheckboxSelectMultiple, Media, Script
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from program.text import render as rendered


class MarkdownWidget(AdminTextareaWidget):
    """A textarea with a button that shows the text as the page will.

    Without JavaScript the button opens the preview in a tab of its own: it sends the form
    there, so that nothing typed is lost. It needs a form with a CSRF token.
    """

    template_name = "admin/widgets/markdown.html"
    label = ""  # of its field, which the button says: a page has many of them

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"]["attrs"] |= {"data-markdown": reverse("admin:markdown"), "rows": 6}
        row = re.search(r"-(\d+|__prefix__)-", name)
        context["label"] = self.label
        # Of the row that is copied for new ones it is no number; the script fills that in.
        context["row"] = row and (int(row[1]) + 1 if row[1].isdecimal() else "–")
        return context

    @property
    def media(self) -> Media:
        script: Any = Script("js/markdown.js", type="module")
        return Media(js=[script])


class MarkdownField(CharField):
    """A text whose button is named after it."""

    widget = MarkdownWidget

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if isinstance(self.widget, MarkdownWidget):
            self.widget.label = self.label


class Checkboxes(CheckboxSelectMultiple):
    """Without a pointer to the words that help: the admin gives those no id."""

    def create_option(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(*args, **kwargs)
        option["attrs"].pop("aria-describedby", None)
        return option


# How words of several lines are laid out.
LAYOUT_HELP = gettext_lazy(
    "Empty line: new paragraph. **bold**, *slanted*, - for a list, [words](https://…)."
)


@require_POST
def markdown(request: HttpRequest) -> HttpResponse:
    """The text in the posted field that ``field`` names: a page, or JSON for the script."""
    html = rendered(request.POST.get(request.POST.get("field", ""), ""))
    if request.accepts("text/html"):
        context = {**admin.site.each_context(request), "html": html}
        return render(request, "admin/markdown.html", context)
    return JsonResponse({"html": html})
