from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path, re_path

from eventsite import health, mailbox, metrics, views
from program.public import house_style
from registrations.admin.start import start

urlpatterns = [
    path("healthz/", views.health, name="health"),
    path("readyz/", health.ready, name="ready"),
    path("metrics/", metrics.page, name="metrics"),
    path("robots.txt", views.robots, name="robots"),
    path(".well-known/security.txt", views.security_txt, name="security-txt"),
    path("postvak/", mailbox.mailbox, name="mailbox"),
    path("postvak/<slug:key>/", mailbox.mailbox_message, name="mailbox-message"),
    path("postvak/<slug:key>/<int:number>/", mailbox.mailbox_attachment, name="mailbox-attachment"),
    # Longer than any word: an event called 'huisstijl' has its page too.
    re_path(
        r"^huisstijl/(?P<colours>(?:[0-9a-f]{6}|x)(?:-(?:[0-9a-f]{6}|x)){5})"
        r"\.(?P<version>[0-9a-f]{8})\.css$",
        house_style.sheet,
        name="house-sheet",
    ),
    re_path(
        r"^huisstijl/(?P<key>[0-9a-f]{32})\.(?P<extension>png|jpg|webp)$",
        house_style.image,
        name="house-image",
    ),
    *i18n_patterns(
        path("admin/account/", include("eventsite.account_urls")),
        path("admin/", start, name="start"),
        path("admin/", admin.site.urls),
        path("privacy/", views.privacy, name="privacy"),
        path("toegankelijkheid/", views.accessibility, name="accessibility"),
        path("", include("registrations.urls")),
        path("", include("program.urls")),
        prefix_default_language=False,
    ),
]

handler400 = "eventsite.views.bad_request"
handler403 = "eventsite.views.forbidden"
handler404 = "eventsite.views.not_found"
handler500 = "eventsite.views.server_error"
handler429 = "eventsite.views.busy_account"  # asked for by allauth
