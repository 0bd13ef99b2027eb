"""Staff accounts, for superusers only: who they are, and what opens the site for them."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import Group, User
from django.db.models import Exists, Model, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from eventsite import second_factor, security_log
from eventsite.second_factor import FACTORS
from program.admin.headings import WordedAdmin
from program.admin.widgets import Checkboxes
from program.characters import clean_fields
from registrations.mail import staff_mail
from registrations.models import history

# Authenticators hold secrets; allauth's addresses, apps and tokens are not used, and who is linked
# to the organisation's provider is the provider's business. Groups come with the site and are found
# by their names: changing one would lock organisers out.
admin.site.unregister([User, Group, EmailAddress, Authenticator])
admin.site.unregister([SocialAccount, SocialApp, SocialToken])

MAY = ("is_active", "is_staff", "is_superuser")


class SuperusersOnly:
    """Those who change accounts or groups could give themselves every permission."""

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.is_superuser

    has_module_permission = has_add_permission = has_change_permission = has_view_permission

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.is_superuser and obj != request.user


class AccountForm(forms.ModelForm):
    class Meta:
        model = User
        fields = ("username",)  # the admin names them all
        labels = {
            "is_active": _("Active"),
            "is_staff": _("Staff"),
            "is_superuser": _("Administrator"),
            "groups": _("Groups"),
        }
        widgets = {"groups": Checkboxes}
        help_texts = {
            "username": _("Someone logs in with this name."),
            "email": _("For a link to choose a password, and when something changes."),
            "is_active": _("Off: no one can log in with this account. It keeps its history."),
            "is_staff": _("May log in."),
            "is_superuser": _("May do everything, and sees all events and accounts."),
            "groups": _("What someone may do. You choose which events at each event."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        clean_fields(self.fields)

    def clean_username(self) -> str:
        """Upper and lower case are the same when logging in."""
        name: str = self.cleaned_data["username"]
        others = User.objects.filter(username__iexact=name).exclude(pk=self.instance.pk)
        if others.exists():
            raise forms.ValidationError(_("Someone already has this user name. Choose another."))
        if name.lower() in history.NO_STAFF:
            sentence = _("In the history, ‘%(name)s’ isn’t a member of staff. Choose another name.")
            raise forms.ValidationError(sentence % {"name": name})
        return name


class NewAccountForm(AccountForm):
    email = forms.EmailField(label=_("E-mail address"), max_length=254)
    is_staff = forms.BooleanField(
        label=_("Staff"), help_text=_("May log in."), required=False, initial=True
    )
    mail_link = forms.BooleanField(
        label=_("E-mail a link to choose a password"), required=False, initial=True
    )


@admin.register(User)
class AccountAdmin(SuperusersOnly, WordedAdmin):
    form = AccountForm
    list_display = (
        *("username", "name", "email", "second_factor", "is_superuser", "is_active"),
        "last_day",
    )
    list_filter = ("is_active", "is_staff", "is_superuser", "groups")
    search_fields = ("username", "first_name", "last_name", "email")
    ordering = ("username",)
    readonly_fields = ("last_login", "date_joined", "second_factor")
    actions = ("mail_password_link", "remove_second_factor")

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        factors = Authenticator.objects.filter(user=OuterRef("pk"), type__in=FACTORS)
        users: QuerySet[User] = super().get_queryset(request)
        return users.annotate(has_factor=Exists(factors))

    def get_form(
        self, request: HttpRequest, obj: User | None = None, change: bool = False, **kwargs: Any
    ) -> type[forms.ModelForm]:
        if obj is None:
            kwargs["form"] = NewAccountForm
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        shown = [
            (None, {"fields": ("username", "first_name", "last_name", "email")}),
            (_("What they may do"), {"fields": (*MAY, "groups")}),
        ]
        if obj is None:
            return [*shown, (None, {"fields": ("mail_link",)})]
        logging_in = ("second_factor", "last_login", "date_joined")
        return [*shown, (_("Logging in"), {"fields": logging_in})]

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        """One's own permissions, so that nobody locks themselves out by mistake."""
        own = MAY if obj == request.user else ()
        return (*self.readonly_fields, *own)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Only the accounts: the names of rows that go with them say nothing."""
        _named, counts, lacking, protected = super().get_deleted_objects(objs, request)
        return [str(user) for user in objs], counts, lacking, protected

    def get_actions(self, request: HttpRequest) -> Any:
        """Accounts are deleted one by one, on their own page, or better: made inactive."""
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def save_model(
        self, request: HttpRequest, obj: User, form: forms.ModelForm, change: bool
    ) -> None:
        if not change:
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)
        if not change and form.cleaned_data["mail_link"]:
            staff_mail.password_link(obj, at=timezone.now()).save()

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Groups come last: then it is known what somebody may do from now on."""
        super().save_related(request, form, formsets, change)
        if change and not {*MAY, "groups"} & set(form.changed_data):
            return
        what = "rights changed" if change else "account made"
        rights = security_log.rights_of(form.instance)
        by = request.user.pk
        security_log.note(what, request, account=form.instance.pk, rights=rights, by=by)

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        account = obj.pk
        super().delete_model(request, obj)
        security_log.note("account deleted", request, account=account, by=request.user.pk)

    @admin.display(description=_("name"), ordering="last_name")
    def name(self, user: User) -> str:
        return user.get_full_name()

    @admin.display(description=_("last login"), ordering="last_login", empty_value="")
    def last_day(self, user: User) -> str | None:
        if not user.last_login:
            return None
        return date_format(timezone.localdate(user.last_login), "SHORT_DATE_FORMAT")

    @admin.display(description=_("second factor"), ordering="has_factor")
    def second_factor(self, user: User) -> str | Promise:
        return _("yes") if getattr(user, "has_factor", False) else _("no")

    @admin.action(description=_("E-mail a link to choose a password"), permissions=["change"])
    def mail_password_link(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        reached = queryset.filter(is_active=True).exclude(email="")
        for user in reached:
            staff_mail.password_link(user, at=timezone.now()).save()
            self.log_change(request, user, gettext("A link to choose a password was e-mailed."))
        self._tell(
            request,
            ngettext(
                "%(count)s link was e-mailed.", "%(count)s links were e-mailed.", len(reached)
            ),
            len(reached),
        )
        if left := queryset.count() - len(reached):
            sentence = ngettext(
                "%(count)s account has no address, or isn’t active.",
                "%(count)s accounts have no address, or aren’t active.",
                left,
            )
            self._tell(request, sentence, left, messages.WARNING)

    @admin.action(description=_("Remove a lost second factor"), permissions=["change"])
    def remove_second_factor(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        removed = 0
        for user in queryset:
            if second_factor.remove(user, at=timezone.now()):
                self.log_change(request, user, gettext("The second factor was removed."))
                removed += 1
        self._tell(
            request,
            ngettext(
                "%(count)s account no longer has a second factor.",
                "%(count)s accounts no longer have a second factor.",
                removed,
            ),
            removed,
        )

    def _tell(
        self, request: HttpRequest, sentence: str, count: int, level: int = messages.SUCCESS
    ) -> None:
        self.message_user(request, sentence % {"count": count}, level)
