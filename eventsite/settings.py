"""The one configuration. Whatever differs between machines comes from the environment."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from eventsite import logs, oidc_settings

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
# What the site itself writes: the SQLite file and the mailbox of a site without mail server.
VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var")))

# The site

DEBUG = env.bool("DEBUG", default=False)
# A developer's own machine: no https, second factor or mail server. The demo is one without DEBUG,
# so that errors show the pages that visitors get.
LOCAL = DEBUG or env.bool("DEMO", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="only-for-the-demo" if LOCAL else "")
if not SECRET_KEY:
    sys.exit("SECRET_KEY is missing: set it to 50 random characters.")
if len(SECRET_KEY) < 32 and not LOCAL:
    sys.exit("SECRET_KEY is too short to be safe: set it to 50 random characters.")
# Keys that it replaced: what was signed with them still works, and new things use the one above.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["*"] if LOCAL else [])
if not ALLOWED_HOSTS:
    sys.exit("ALLOWED_HOSTS is missing: set it to the site's host names, with commas between.")
SITE_URL = env.str("SITE_URL", default="http://127.0.0.1:8000").rstrip("/")
SITE_IS_HTTPS = SITE_URL.startswith("https://")

INSTALLED_APPS = [
    "eventsite.apps.StaffConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "csp",
    "crispy_forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    # After allauth: its admin takes out what theirs puts in.
    "eventsite",
    "program",
    "registrations",
]

MIDDLEWARE = [
    "eventsite.logs.number_requests",
    "eventsite.metrics.count_requests",
    "eventsite.security.for_watchers",
    "eventsite.security.without_body",
    "program.public.page_cache.PageCache",
    # Those that set headers come first, so that the answers of all others carry them too.
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "eventsite.security.headers",
    "django.middleware.security.SecurityMiddleware",
    "eventsite.views.explain_not_allowed",
    "eventsite.security.refuse_trace",
    "eventsite.security.refuse_other_letters",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "program.public.cross_origin.CrossOriginProtection",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "eventsite.unavailable.Unavailable",
]

ROOT_URLCONF = "eventsite.urls"
WSGI_APPLICATION = "eventsite.wsgi.application"
# An address typed without a scheme is https. Django 6.0 does so by itself; until then this setting
# warns at every start that it will go.
warnings.filterwarnings("ignore", "The FORMS_URLFIELD_ASSUME_HTTPS transitional setting")
FORMS_URLFIELD_ASSUME_HTTPS = True
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
CRISPY_ALLOWED_TEMPLATE_PACKS = "tafelronde"
CRISPY_TEMPLATE_PACK = "tafelronde"
CRISPY_FAIL_SILENTLY = False

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "eventsite.context.site",
            ],
        },
    },
]

# Data

if not env.str("DATABASE_URL", default=""):
    VAR_DIR.mkdir(exist_ok=True)
DATABASES = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'db.sqlite3'}")}
# Django's own, with an end to each wait (program/database/).
engine = DATABASES["default"]["ENGINE"].rpartition(".")[2]
DATABASES["default"]["ENGINE"] = f"program.database.{engine}"
if engine == "sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        # Writers queue up for the lock instead of failing half-way as "locked"; pages and the
        # worker not as long as this.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # What is erased is overwritten, whatever the library was compiled with.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA secure_delete=ON;",
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 60
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
# Where the worker writes what must stay so after an old backup is put back: best on another disk
# than the database (registrations/privacy/journal.py).
JOURNAL = Path(env.str("JOURNAL", default=str(VAR_DIR / "journal")))
# What backups are encrypted with; without it they are not.
BACKUP_KEY = env.str("BACKUP_KEY", default="")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# By default Django keeps 300 entries: limits on more addresses would push each other out.
CACHES = {"default": env.cache_url("CACHE_URL", default="locmemcache://?max_entries=30000")}
if CACHES["default"]["BACKEND"].endswith("RedisCache"):
    CACHES["default"]["BACKEND"] = "eventsite.cache.TolerantRedis"
    at_most = {"socket_connect_timeout": 0.5, "socket_timeout": 0.5}
    CACHES["default"]["OPTIONS"] = at_most | CACHES["default"].get("OPTIONS", {})

# How long a process keeps a page that is the same for everybody (program/public/page_cache.py).
PAGE_CACHE_SECONDS = env.float("PAGE_CACHE_SECONDS", default=1.0)
# How long a process keeps the programme of an event (program/public/programme.py). Organisers'
# changes show at once all the same; what somebody changes by hand in the database, after this.
PROGRAMME_SECONDS = 60 if PAGE_CACHE_SECONDS else 0
# Parts of pages, by the programme and whatever else they show: {% cache %} in the templates.
CACHES["template_fragments"] = {
    "BACKEND": "django.core.cache.backends."
    + ("locmem.LocMemCache" if PROGRAMME_SECONDS else "dummy.DummyCache"),
    "LOCATION": "parts",
    "OPTIONS": {"MAX_ENTRIES": 20_000},
}

# Mail: without EMAIL_URL it is kept in MAILBOX_DIR and, if LOCAL, shown at /postvak/

MAILBOX_DIR = VAR_DIR / "mailbox"
OWN_SMTP = "registrations.mail.smtp"
if env.str("EMAIL_URL", default=""):
    _mail = env.email_url("EMAIL_URL")
    EMAIL_BACKEND = _mail["EMAIL_BACKEND"].replace("django.core.mail.backends.smtp", OWN_SMTP)
    EMAIL_HOST = _mail["EMAIL_HOST"]
    EMAIL_PORT = _mail["EMAIL_PORT"] or 25
    EMAIL_HOST_USER = _mail["EMAIL_HOST_USER"] or ""
    EMAIL_HOST_PASSWORD = _mail["EMAIL_HOST_PASSWORD"] or ""
    EMAIL_USE_TLS = _mail.get("EMAIL_USE_TLS", False)
    EMAIL_USE_SSL = _mail.get("EMAIL_USE_SSL", False)
    EMAIL_FILE_PATH = _mail["EMAIL_FILE_PATH"]
else:
    EMAIL_BACKEND = "eventsite.mailbox.MailboxBackend"
EMAIL_TIMEOUT = 20  # seconds to reach the server
# Seconds that it may then take over each step (RFC 5321, 4.5.3.2), and over any other command. The
# lease of a mail (mail/outbox.py) is longer than those of one mail together.
SMTP_PATIENCE = {
    "greeting": 300,
    "mail": 300,
    "rcpt": 300,
    "data": 120,
    "text": 180,
    "end": 600,
    "quit": 10,
    "other": 120,
}
EMAIL_USE_LOCALTIME = True
MAIL_DOMAIN = urlsplit(SITE_URL).hostname or "localhost"
DEFAULT_FROM_EMAIL = env.str("MAIL_FROM", default=f"Tafelronde <tafelronde@{MAIL_DOMAIN}>")
# Mail to many can have its own sender: those who block that one still get mail about a sign-up.
BULK_MAIL_FROM = env.str("BULK_MAIL_FROM", default=DEFAULT_FROM_EMAIL)

# Logs: to stderr, without personal links, and nothing by mail

LOGGING = logs.config(
    env.str("LOG_LEVEL", default="INFO"),
    env.str("LOG_FORMAT", default="text"),
    **{name: {"handlers": [], "propagate": True} for name in ("django", "django.server")},
)

# What was malformed is one line: nobody has to mend anything here.
LOGGING["filters"] = {"short": {"()": "eventsite.security.ShortRefusals"}}
for handler in LOGGING["handlers"].values():
    handler.setdefault("filters", []).append("short")
# What a program must send to read figures (eventsite/metrics.py). Without it there are none.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")

# Who stands behind the site: named on the privacy and accessibility pages and in security.txt

ORGANISATION_NAME = env.str("ORGANISATION_NAME", default="Tafelronde")
PRIVACY_CONTACT = env.str("PRIVACY_CONTACT", default=f"privacy@{MAIL_DOMAIN}")
ACCESSIBILITY_CONTACT = env.str("ACCESSIBILITY_CONTACT", default=f"toegankelijkheid@{MAIL_DOMAIN}")
# The address of the organisation's own statement, where a public body has to publish one.
ACCESSIBILITY_STATEMENT = env.str("ACCESSIBILITY_STATEMENT", default="")
# An address of mail, of the web or of a telephone: mailto:, https: or tel:.
SECURITY_CONTACT = env.str("SECURITY_CONTACT", default=f"mailto:security@{MAIL_DOMAIN}")

# Languages and time: Dutch at the root, English under /en/

LANGUAGE_CODE = "nl"
LANGUAGES = [("nl", _("Dutch")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["eventsite.formats"]
TIME_ZONE = "Europe/Amsterdam"
USE_TZ = True

# Static files, with a hash in their name once collected

STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(BASE_DIR / "staticfiles")))
STATICFILES_DIRS = [BASE_DIR / "static"]
# As they lie in the folders, so that a local site needs no collectstatic.
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = LOCAL
# They are for our own pages.
WHITENOISE_ALLOW_ALL_ORIGINS = False
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if LOCAL
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# Security

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "worker-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
# The page with all tables sends some eight fields for each of them: Django's thousand is sixty
# sessions in two rounds.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000
# Never no-referrer: the browser would send "Origin: null", and forms of staff be refused.
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=not LOCAL)
# Machines ask for these, from inside.
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)/$"]
# How many proxies of our own stand before the site: the visitor's address is what they saw.
PROXIES = env.int("PROXIES", default=0)
# Without a proxy of ours anybody could send this header.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PROXIES else None
SECURE_HSTS_SECONDS = 0 if LOCAL else 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not LOCAL
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
COOKIE_PREFIX = "__Host-" if SITE_IS_HTTPS else ""
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}sessionid"
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}csrftoken"
SAVED_COOKIE_NAME = f"{COOKIE_PREFIX}bewaard"
JUST_SENT_COOKIE_NAME = f"{COOKIE_PREFIX}verstuurd"
DEVICE_COOKIE_NAME = f"{COOKIE_PREFIX}bekend"
CSRF_FAILURE_VIEW = "eventsite.views.csrf_failure"
_VALIDATION = "django.contrib.auth.password_validation."
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"{_VALIDATION}MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": f"{_VALIDATION}CommonPasswordValidator"},
    {"NAME": f"{_VALIDATION}NumericPasswordValidator"},
    {"NAME": "eventsite.passwords.NotGuessable"},
]

# Staff: how they log in, and for how long

REQUIRE_SECOND_FACTOR = env.bool("REQUIRE_SECOND_FACTOR", default=not LOCAL)
# A session ends after so many minutes without a page, and so many after logging in. The cookie
# itself goes with the browser.
SESSION_IDLE_MINUTES = env.int("SESSION_IDLE_MINUTES", default=120)
SESSION_MOST_MINUTES = env.int("SESSION_MOST_MINUTES", default=720)
SESSION_ENGINE = "eventsite.sessions"
SESSION_COOKIE_AGE = SESSION_IDLE_MINUTES * 60
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
# Messages are for staff alone, who have a session: no cookie more.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "admin:index"
ACCOUNT_ADAPTER = "eventsite.accounts.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]  # nobody signs up; a check asks for these
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = False
# Django's own: allauth's keeps a copy of every address, that an administrator would not change.
_TOKENS = "django.contrib.auth.tokens.PasswordResetTokenGenerator"
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = _TOKENS
# Limits per network are high, since a whole town hall shares one. 'key' is a user name together
# with a network: who guesses elsewhere keeps nobody out. What holds over all networks, and which
# ways in stay open then, stands in eventsite/guessing.py.
ACCOUNT_RATE_LIMITS = {
    "login": "3000/10m/ip",
    "login_failed": "10/10m/key",
    "reauthenticate": "10/m/user",
    "change_password": "5/m/user",
    "reset_password_from_key": "300/10m/ip",
}
ACCOUNT_FORMS = {
    "login": "eventsite.account_forms.LoginForm",
    "change_password": "eventsite.account_forms.ChangePasswordForm",
    "reset_password_from_key": "eventsite.account_forms.ChoosePasswordForm",
    "reauthenticate": "eventsite.account_forms.PasswordAgainForm",
}
# Staff who log in with their organisation's own account, by OpenID Connect (docs/login.md). Off
# without OIDC_ISSUER.
OIDC_ISSUER = env.str("OIDC_ISSUER", default="").rstrip("/")
OIDC_CLIENT_ID = env.str("OIDC_CLIENT_ID", default="")
OIDC_CLIENT_SECRET = env.str("OIDC_CLIENT_SECRET", default="")
OIDC_NAME = env.str("OIDC_NAME", default=ORGANISATION_NAME)
OIDC_SCOPES = env.list("OIDC_SCOPES", default=["openid", "profile", "email"])
# The claim with somebody's groups; and which of them gives which right. Several may give the same.
OIDC_GROUPS_CLAIM = env.str("OIDC_GROUPS_CLAIM", default="groups")
OIDC_GROUPS = oidc_settings.groups(env.list("OIDC_GROUPS", default=[]))
# What a token has to say of how its owner logged in, such as amr:mfa; 'provider' if the provider
# always asks for a second factor, and its tokens do not tell.
OIDC_SECOND_FACTOR = env.str("OIDC_SECOND_FACTOR", default="")
OIDC_LINK_BY_EMAIL = env.bool("OIDC_LINK_BY_EMAIL", default=False)
if OIDC_ISSUER and (missing := oidc_settings.missing(globals())):
    sys.exit(missing)
SOCIALACCOUNT_ADAPTER = "eventsite.oidc.StateAdapter"
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_REQUESTS_TIMEOUT = 5
MFA_ADAPTER = "eventsite.accounts.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"
MFA_ALLOW_UNVERIFIED_EMAIL = True
# One period early or late: clocks differ, and people type slowly. Each code works once.
MFA_TOTP_TOLERANCE = 1
MFA_RATE_LIMITS = {"webauthn_login": "3000/10m/ip"}
MFA_FORMS = {
    "activate_totp": "eventsite.account_forms.ActivateAppForm",
    "authenticate": "eventsite.account_forms.CodeForm",
    "reauthenticate": "eventsite.account_forms.CodeAgainForm",
    "add_webauthn": "eventsite.account_forms.AddPasskeyForm",
    "authenticate_webauthn": "eventsite.account_forms.Passkey",
    "login_webauthn": "eventsite.account_forms.PasskeyForm",
    "reauthenticate_webauthn": "eventsite.account_forms.PasskeyAgainForm",
}
