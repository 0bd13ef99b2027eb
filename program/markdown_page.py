"""What an organiser's text will look like, while it is being typed."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from program.text import render as rendered


@require_POST
def markdown(request: HttpRequest) -> HttpResponse:
    """The text in the posted field that ``field`` names: a page, or JSON for the script."""
    html = rendered(request.POST.get(request.POST.get("field", ""), ""))
    if request.accepts("text/html"):
        context = {**admin.site.each_context(request), "html": html}
        return render(request, "admin/markdown.html", context)
    return JsonResponse({"html": html})
