"""A provider of OpenID Connect in a process of its own: ``python -m tests.provider PORT FOLDER``.
``tests/organisation.py`` starts and uses it.

It is the one of django-allauth, set up as an organisation would: it asks for a password and for
consent, wants a proof key (PKCE) and takes each code once. ``PUT /people/NAME`` makes somebody, or
changes their claims; ``PUT /client`` says where they may be sent back to.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

CLIENT_ID, CLIENT_SECRET = "tafelronde", "a secret that both of them know"
PASSWORD = "the password of somebody at the provider"


def serve(port: int, folder: Path) -> None:
    """Until it is stopped."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa
    from django.conf import settings

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
    settings.configure(
        SECRET_KEY="of the provider alone",
        DEBUG=False,
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF=__name__,
        USE_TZ=True,
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": str(folder / "provider.sqlite3"),
                "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20},
            }
        },
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        SESSION_COOKIE_NAME="provider_session",
        CSRF_COOKIE_NAME="provider_csrf",
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "django.contrib.messages",
            "allauth",
            "allauth.account",
            "allauth.idp.oidc",
        ],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
            "allauth.account.middleware.AccountMiddleware",
        ],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.request",
                        "django.contrib.auth.context_processors.auth",
                        "django.contrib.messages.context_processors.messages",
                    ]
                },
            }
        ],
        AUTHENTICATION_BACKENDS=["allauth.account.auth_backends.AuthenticationBackend"],
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        LOGIN_URL="account_login",
        ACCOUNT_EMAIL_VERIFICATION="none",
        ACCOUNT_RATE_LIMITS=False,
        IDP_OIDC_PRIVATE_KEY=pem,
        IDP_OIDC_ADAPTER="tests.provider_claims.Claims",
    )
    import django

    django.setup()
    from socketserver import ThreadingMixIn
    from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

    from django.core.management import call_command
    from django.core.wsgi import get_wsgi_application

    call_command("migrate", verbosity=0)
    from allauth.idp.oidc.models import Client

    client = Client(id=CLIENT_ID, name="Tafelronde", scopes="openid\nprofile\nemail")
    client.set_secret(CLIENT_SECRET)
    client.save()

    class Threaded(ThreadingMixIn, WSGIServer):
        daemon_threads = True

    class Silent(WSGIRequestHandler):
        def log_message(self, *args: object) -> None:
            pass

    application = get_wsgi_application()
    make_server("127.0.0.1", port, application, Threaded, Silent).serve_forever()


def __getattr__(name: str) -> Any:
    """The addresses, which need Django to be set up."""
    if name != "urlpatterns":
        raise AttributeError(name)
    from allauth.account.views import LoginView
    from django.urls import include, path
    from django.views.generic import TemplateView

    from tests.provider_claims import change_client, change_person

    nothing = TemplateView.as_view(template_name="account/logout.html")
    return [
        path("", include("allauth.idp.urls", namespace="idp")),
        path("login/", LoginView.as_view(), name="account_login"),
        *(path(f"{other}/", nothing, name=f"account_{other}") for other in ("signup", "logout")),
        path("password/", nothing, name="account_reset_password"),
        path("email/", nothing, name="account_email"),
        path("people/<str:name>", change_person),
        path("client", change_client),
    ]


if __name__ == "__main__":
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)
    sys.modules["tests.provider"] = sys.modules["__main__"]
    serve(int(sys.argv[1]), Path(sys.argv[2]))
