"""Settings as another process reads them: from the environment and nowhere else."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import PATIENCE

ROOT = Path(__file__).resolve().parents[2]
NEEDED = {
    "SECRET_KEY": "k3y-for-one-test-only-k3y-for-one-test-only-k3y-for-one-test-only",
    "ALLOWED_HOSTS": "tafelronde.example",
}
CHECK = ["manage.py", "check"]
SERVE = ["-m", "gunicorn", "--bind", "127.0.0.1:0", "--check-config", "eventsite.wsgi"]
START = ["-m", "gunicorn", "--bind", "127.0.0.1:0", "eventsite.wsgi"]


def run(command: list[str], **env: str) -> subprocess.CompletedProcess[str]:
    """With these variables and no others of ours."""
    bare = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=bare | env,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


def setting(expression: str, **env: str) -> object:
    """The value of ``expression`` over the settings ``s``."""
    code = f"import json; from django.conf import settings as s; print(json.dumps({expression}))"
    done = run(["-c", code], DJANGO_SETTINGS_MODULE="eventsite.settings", **(NEEDED | env))
    assert done.stderr == ""
    return json.loads(done.stdout)


@pytest.mark.parametrize("command", [CHECK, START], ids=["manage.py", "gunicorn"])
@pytest.mark.parametrize("name", NEEDED)
def test_missing_setting_stops_the_start_with_one_line(command, name):
    done = run(command, **{key: value for key, value in NEEDED.items() if key != name})

    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"{name} is missing: ")


@pytest.mark.parametrize("command", [CHECK, SERVE], ids=["manage.py", "gunicorn"])
def test_a_key_that_is_too_short_stops_the_start(command):
    done = run(command, **NEEDED | {"SECRET_KEY": "geheim"})

    assert done.returncode == 1
    assert done.stderr.startswith("SECRET_KEY is too short to be safe: ")


@pytest.mark.parametrize("command", [CHECK, SERVE], ids=["manage.py", "gunicorn"])
def test_needed_settings_are_enough(command, tmp_path):
    assert run(command, VAR_DIR=str(tmp_path), **NEEDED).returncode == 0


def test_settings_of_the_image_while_it_is_built_are_enough(tmp_path):
    build = (ROOT / "Containerfile").read_text().replace("\\\n", " ")
    given = re.search(r"&& ((?:[A-Z_]+=\S+ +)+)\S+ manage.py collectstatic", build)
    assert given
    env = dict(one.split("=", 1) for one in given[1].split())

    done = run(["manage.py", "collectstatic", "--dry-run"], **env | {"VAR_DIR": str(tmp_path)})

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("switch", ["DEBUG", "DEMO"])
def test_local_site_needs_no_settings(switch, tmp_path):
    assert run(CHECK, **{switch: "1"}, VAR_DIR=str(tmp_path)).returncode == 0


def test_check_deploy_is_silent(tmp_path):
    done = run(
        ["manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        VAR_DIR=str(tmp_path),
        **NEEDED,
    )

    assert done.stderr == ""
    assert done.returncode == 0


OIDC = {
    "OIDC_ISSUER": "https://sso.gemeente.example/realms/gemeente/",
    "OIDC_CLIENT_ID": "tafelronde",
    "OIDC_CLIENT_SECRET": "a secret",
    "OIDC_GROUPS": "raadhuis:Organisatoren, /beheer:administrator,https://x:y:Deur",
    "OIDC_SECOND_FACTOR": "amr:mfa",
}


def test_a_provider_that_is_set_up_well_is_taken():
    groups = [["raadhuis", "Organisatoren"], ["/beheer", "administrator"], ["https://x:y", "Deur"]]

    assert setting("s.OIDC_GROUPS", **OIDC) == groups
    assert setting("s.OIDC_ISSUER", **OIDC) == "https://sso.gemeente.example/realms/gemeente"
    assert setting("s.OIDC_NAME", **OIDC, ORGANISATION_NAME="Zaanstad") == "Zaanstad"


@pytest.mark.parametrize(
    ("env", "line"),
    [
        ({"OIDC_CLIENT_ID": ""}, "OIDC_CLIENT_ID is missing"),
        ({"OIDC_CLIENT_SECRET": ""}, "OIDC_CLIENT_SECRET is missing"),
        ({"OIDC_GROUPS": ""}, "OIDC_GROUPS is missing"),
        ({"OIDC_GROUPS": "raadhuis:Burgemeester"}, "OIDC_GROUPS: raadhuis:Burgemeester is not"),
        ({"OIDC_GROUPS": "raadhuis"}, "OIDC_GROUPS: "),
        ({"OIDC_ISSUER": "http://sso.gemeente.example"}, "OIDC_ISSUER is no https address"),
        ({"OIDC_SCOPES": "profile,email"}, "OIDC_SCOPES needs openid"),
        ({"OIDC_SECOND_FACTOR": "mfa"}, "OIDC_SECOND_FACTOR is not CLAIM:VALUE"),
        ({"OIDC_SECOND_FACTOR": ""}, "OIDC_SECOND_FACTOR is missing"),
    ],
)
def test_a_provider_that_is_set_up_wrongly_stops_the_start_with_one_line(env, line):
    done = run(CHECK, **(NEEDED | OIDC | env))

    assert done.returncode == 1
    (said,) = done.stderr.splitlines()
    assert said.startswith(line)


@pytest.mark.parametrize("env", [{"OIDC_SECOND_FACTOR": "provider"}, {"REQUIRE_SECOND_FACTOR": ""}])
def test_a_provider_may_be_trusted_with_the_second_factor_if_that_is_said(env):
    without = OIDC | {"OIDC_SECOND_FACTOR": ""} | env

    assert setting("s.OIDC_SECOND_FACTOR", **without) == env.get("OIDC_SECOND_FACTOR", "")


def test_passwords_are_hashed_slowly_in_production():
    """With the rounds of this Django; a test that hashes faster says nothing of that."""
    code = (
        "import django; django.setup(); from django.contrib.auth.hashers import *;"
        "made = make_password('een heel lang wachtwoord').split('$');"
        "print(made[0], made[1], PBKDF2PasswordHasher.iterations, len(made[2]), len(made[3]))"
    )
    done = run(["-c", code], DJANGO_SETTINGS_MODULE="eventsite.settings", **NEEDED)
    algorithm, rounds, of_django, salt, hashed = done.stdout.split()

    assert algorithm == "pbkdf2_sha256"
    assert rounds == of_django
    assert int(rounds) >= 1_000_000
    assert (int(salt), int(hashed)) == (22, 44)  # 128 bits and 256, as written


@pytest.mark.parametrize(
    ("env", "expression", "value"),
    [
        ({}, "s.DEBUG", False),
        ({"DEBUG": "1"}, "s.DEBUG", True),
        ({}, "s.ALLOWED_HOSTS", ["tafelronde.example"]),
        ({}, "s.LOCAL", False),
        ({"DEBUG": "1"}, "s.LOCAL", True),
        ({"DEMO": "1"}, "[s.LOCAL, s.DEBUG, s.REQUIRE_SECOND_FACTOR]", [True, False, False]),
        ({"ALLOWED_HOSTS": "a.example,b.example"}, "s.ALLOWED_HOSTS", ["a.example", "b.example"]),
        ({"SITE_URL": "https://a.example/"}, "s.SITE_URL", "https://a.example"),
        ({}, "s.SESSION_COOKIE_NAME", "sessionid"),
        ({"SITE_URL": "https://a.example"}, "s.SESSION_COOKIE_NAME", "__Host-sessionid"),
        ({"SITE_URL": "https://a.example"}, "s.CSRF_COOKIE_NAME", "__Host-csrftoken"),
        ({"SITE_URL": "https://a.example"}, "s.JUST_SENT_COOKIE_NAME", "__Host-verstuurd"),
        ({"SITE_URL": "https://a.example"}, "s.MAIL_DOMAIN", "a.example"),
        ({}, "s.DATABASES['default']['ENGINE']", "program.database.sqlite3"),
        (
            {},
            "[s.DATABASES['default']['OPTIONS'][k] for k in ('transaction_mode', 'init_command')]",
            ["IMMEDIATE", "PRAGMA journal_mode=WAL; PRAGMA secure_delete=ON;"],
        ),
        (
            {"DATABASE_URL": "postgres://u:p@db.example:5433/name"},
            "[s.DATABASES['default'][k] for k in ('ENGINE', 'HOST', 'PORT', 'NAME', 'USER')]",
            ["program.database.postgresql", "db.example", 5433, "name", "u"],
        ),
        (
            {"CACHE_URL": "redis://cache.example:6379/1"},
            "[s.CACHES['default'][k] for k in ('BACKEND', 'LOCATION')]",
            ["eventsite.cache.TolerantRedis", "redis://cache.example:6379/1"],
        ),
        (
            {},
            "s.CACHES['default']['BACKEND']",
            "django.core.cache.backends.locmem.LocMemCache",
        ),
        ({}, "s.EMAIL_BACKEND", "eventsite.mailbox.MailboxBackend"),
        (
            {"EMAIL_URL": "smtp+tls://u:p%40@mail.example:587"},
            "[s.EMAIL_HOST, s.EMAIL_PORT, s.EMAIL_HOST_USER, s.EMAIL_HOST_PASSWORD,"
            " s.EMAIL_USE_TLS]",
            ["mail.example", 587, "u", "p@", True],
        ),
        ({"MAIL_FROM": "Gemeente <a@b.example>"}, "s.DEFAULT_FROM_EMAIL", "Gemeente <a@b.example>"),
        ({"MAIL_FROM": "a@b.example"}, "s.BULK_MAIL_FROM", "a@b.example"),
        ({"BULK_MAIL_FROM": "c@d.example"}, "s.BULK_MAIL_FROM", "c@d.example"),
        ({}, "s.SECURE_SSL_REDIRECT", True),
        ({"SECURE_SSL_REDIRECT": "off"}, "s.SECURE_SSL_REDIRECT", False),
        ({}, "s.REQUIRE_SECOND_FACTOR", True),
        ({"DEBUG": "1"}, "s.REQUIRE_SECOND_FACTOR", False),
        ({"REQUIRE_SECOND_FACTOR": "off"}, "s.REQUIRE_SECOND_FACTOR", False),
        ({}, "s.SECURE_PROXY_SSL_HEADER", None),
        ({"PROXIES": "1"}, "s.SECURE_PROXY_SSL_HEADER", ["HTTP_X_FORWARDED_PROTO", "https"]),
        ({"LOG_LEVEL": "WARNING"}, "s.LOGGING['root']['level']", "WARNING"),
        ({"STATIC_ROOT": "/srv/static"}, "str(s.STATIC_ROOT)", "/srv/static"),
        ({"VAR_DIR": "/tmp"}, "str(s.MAILBOX_DIR)", "/tmp/mailbox"),
    ],
)
def test_setting_comes_from_the_environment(env, expression, value, tmp_path):
    assert setting(expression, **{"VAR_DIR": str(tmp_path)} | env) == value


def test_nobody_is_mailed_about_errors():
    assert setting("[s.ADMINS, s.MANAGERS]", VAR_DIR="/tmp") == [[], []]
