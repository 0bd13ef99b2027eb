"""What came out of a draw, for everybody who wants to check it (rule 16)."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import conditional_page, require_safe

from program.public.feeds import for_any_site
from program.public.programme import published_event
from registrations.models import Draw


# Not kept in memory (page_cache.py): what is kept is shown in bad times however old, and this has
# to go with the names.
@for_any_site
@conditional_page
@require_safe
def result(request: HttpRequest, slug: str) -> HttpResponse:
    """Wishes and tables by number, without names; docs/wensenronde.md has the fields."""
    draw = Draw.objects.filter(event=published_event(slug)).first()
    if draw is None:
        raise Http404
    response = JsonResponse(draw.file, json_dumps_params={"ensure_ascii": False})
    response["Cache-Control"] = "no-cache"
    response["Content-Disposition"] = f'inline; filename="{slug}-uitslag.json"'
    response["X-Robots-Tag"] = "noindex"  # it goes with the names, from search engines too
    return response
