"""An event in the admin: all of it but its tables on one page."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.db import models
from django.db.models import Case, F, Value, When
from django.forms import Field, ModelMultipleChoiceField
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from program.admin.event_form import EventForm
from program.admin.locking import LockedAdmin
from program.admin.questions import SIGN_UP, QuestionInline, SignupQuestionInline
from program.admin.timetable import AgendaFormSet, AgendaInline
from program.admin.widgets import Checkboxes, markdown
from program.file.to_do import to_do
from program.models import Event
from program.public.preview import preview_url
from program.public.states import standing


class AccountsField(ModelMultipleChoiceField):
    def label_from_instance(self, user: Any) -> str:
        return str(user.get_full_name() or user.get_username())


class EventAdmin(LockedAdmin):
    event_path = "pk"
    form = EventForm
    formfield_overrides = {
        models.URLField: {"assume_scheme": "https"},
        **LockedAdmin.formfield_overrides,
    }
    list_display = ["title", "when", "state", "places", "pages"]
    list_select_related = ["venue"]
    search_fields = ["title", "title_en", "slug", "venue__name", "venue__city"]
    prepopulated_fields = {"slug": ["title"]}
    view_on_site = False  # the page has a link of its own, to the preview of a draft too
    inlines = [AgendaInline, SignupQuestionInline, QuestionInline]
    fieldsets = [
        (
            None,
            {"fields": ["title", "lead", ("day", "starts", "ends"), "venue", "capacity", "text"]},
        ),
        (gettext_lazy("Who may see it"), {"fields": ["published", "slug"]}),
        (
            gettext_lazy("Who organises it"),
            {"fields": ["organiser", "organiser_email", "organisers", "door_staff"]},
        ),
        (
            SIGN_UP,
            {"fields": ["notice", "needs_question"]},
        ),
        (
            gettext_lazy("Until when"),
            {
                "classes": ["collapse"],
                "fields": [
                    "signup_opens_at",
                    "signup_closes_at",
                    "waiting_closes_at",
                    "changes_close_at",
                    "hold_minutes",
                    "retention_days",
                    "extras_allowed",
                ],
            },
        ),
        (
            gettext_lazy("Video"),
            {"classes": ["collapse"], "fields": ["video_url", "video_title"]},
        ),
        (
            gettext_lazy("English"),
            {
                "classes": ["collapse"],
                "fields": [
                    "title_en",
                    "lead_en",
                    "text_en",
                    "notice_en",
                    "needs_question_en",
                    "video_title_en",
                ],
                "description": gettext_lazy("What is empty is shown in Dutch."),
            },
        ),
    ]

    def get_ordering(self, request: HttpRequest) -> list[Any]:
        """What is coming first, the nearest on top; then what has been, the latest on top."""
        coming = models.Q(ends_at__gt=timezone.now())
        return [
            Case(When(coming, then=Value(0)), default=Value(1)).asc(),
            Case(When(coming, then=F("starts_at"))).asc(),
            "-starts_at",
        ]

    def get_urls(self) -> list[URLPattern]:
        shown = path("markdown/", self.admin_site.admin_view(markdown), name="markdown")
        return [shown, *super().get_urls()]

    @admin.display(description=gettext_lazy("day"))
    def when(self, event: Event) -> Any:
        return event.day

    @admin.display(description=gettext_lazy("state"))
    def state(self, event: Event) -> str:
        return standing(event, timezone.now())

    @admin.display(description=gettext_lazy("places taken"))
    def places(self, event: Event) -> str:
        return _("%(taken)s of %(places)s") % {"taken": event.taken, "places": event.capacity}

    @admin.display(description=gettext_lazy("pages"))
    def pages(self, event: Event) -> SafeString:
        links = [("event-overview", _("Overview")), ("event-tables", _("Tables"))]
        known = self.page_names
        return format_html_join(
            " · ",
            '<a href="{}">{}</a>',
            [
                (reverse(f"admin:{name}", args=[event.pk]), words)
                for name, words in links
                if name in known
            ],
        )

    def response_post_save_add(self, request: HttpRequest, obj: Event) -> HttpResponseRedirect:
        """Next are the tables."""
        if "event-tables" in self.page_names:
            return HttpResponseRedirect(reverse("admin:event-tables", args=[obj.pk]))
        return super().response_post_save_add(request, obj)

    def response_post_save_change(self, request: HttpRequest, obj: Event) -> HttpResponseRedirect:
        """One stays, to see what there is to do now."""
        return HttpResponseRedirect(reverse("admin:program_event_change", args=[obj.pk]))

    @property
    def page_names(self) -> set[str | None]:
        """Which pages about one event there are: some are made by those who know who comes."""
        return {page.name for page in self.get_urls()}

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.user = request.user
        return form

    def formfield_for_dbfield(
        self, db_field: models.Field, request: HttpRequest, **kwargs: Any
    ) -> Field | None:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field and isinstance(field.widget, RelatedFieldWidgetWrapper):
            # A venue is made and changed from here; deleting it is not what one comes for.
            field.widget.can_delete_related = field.widget.can_view_related = False
        return field

    def formfield_for_manytomany(
        self, db_field: models.ManyToManyField, request: HttpRequest, **kwargs: Any
    ) -> ModelMultipleChoiceField | None:
        asked = {"widget": Checkboxes, "form_class": AccountsField}
        return super().formfield_for_manytomany(db_field, request, **asked, **kwargs)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        event = kwargs.get("obj")
        if event:
            context["state"] = standing(event, timezone.now())
            context["to_do"] = to_do(event)
            context["preview"] = preview_url(event)
        return super().render_change_form(request, context, *args, **kwargs)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        if not isinstance(formset, AgendaFormSet):
            super().save_formset(request, form, formset, change)
            return
        formset.store_rounds(form.instance)
        super().save_formset(request, form, formset, change)
        formset.remove_rounds(form.instance)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if not change:
            # Whoever makes an event can go on with it.
            form.instance.organisers.add(request.user)
