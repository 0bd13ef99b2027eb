"""The way to the organisation's own provider and back: OpenID Connect, by the code flow.

allauth keeps the state, makes the proof key (PKCE), fetches the tokens and checks who signed them.
Added here: a nonce, so that a token is taken by the browser that asked for it; the provider has to
be the one that is configured; claims from elsewhere count only if they are about the same person.
Nothing of it is stored: no token, and of the claims a name and an address.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future
from contextvars import copy_context
from secrets import token_urlsafe
from threading import BoundedSemaphore, Thread
from typing import Any, TypeVar

import jwt
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.internal import jwtkit, statekit
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.base.constants import AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.functional import Promise
from django.utils.translation import get_language, override
from django.utils.translation import gettext_lazy as _
from requests import RequestException, Timeout

PROVIDER_ID = "organisation"
# Keys that only the provider has. 'none' is no signature, and HS256 a secret that we have too.
ALGORITHMS = {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"}
# Seconds for which what the provider says of itself is kept, and that it did not answer.
KEPT, AWAY = 600, 10
# Seconds that a visitor waits for the provider at most, whatever has to be asked; and how many of
# our threads it may keep waiting in a process.
PATIENCE, WAITING = 5, 10
SUBJECT_LENGTH = 191  # of allauth's column

Claims = dict[str, Any]
T = TypeVar("T")

_waiting = BoundedSemaphore(WAITING)
# What the provider says of itself, by issuer, with when that is too old. Not in the shared cache:
# whoever writes there would choose whose signatures count.
_configs: dict[str, tuple[float, dict[str, Any]]] = {}


class NotLoggedIn(Exception):
    """Logging in at the provider came to nothing; ``str()`` of it is for the visitor."""

    message: str | Promise
    status = 400
    reason = ""  # for the log

    def __str__(self) -> str:
        return str(self.message) % {"name": settings.OIDC_NAME}


class Stopped(NotLoggedIn):
    message = _("You stopped logging in with your %(name)s account. You can start again.")
    reason = "stopped"


class Expired(NotLoggedIn):
    """No state of this browser: it took too long, was done before, or comes from elsewhere."""

    message = _("Logging in this way works once, and only for ten minutes. Please start again.")
    reason = "unknown state"


class Unreachable(NotLoggedIn):
    message = _(
        "%(name)s isn’t answering, so you can’t log in with your account there right now. Try again"
        " in a few minutes."
    )
    status = 503
    reason = "no answer"


class Unusable(NotLoggedIn):
    """A code that was used before, a token that is not for us, a client that is not known."""

    message = _(
        "Logging in with your %(name)s account didn’t work. Try again. If it happens again, tell"
        " the site’s administrator."
    )
    reason = "answer refused"


def begin(request: HttpRequest, *, then: str | None) -> str:
    """The address at the provider to send the browser to; ``then`` is where it goes afterwards.

    Raises Unreachable, Unusable.
    """
    provider, nonce = _provider(request), token_urlsafe(24)
    asked = {"nonce": nonce}
    name, value = second_factor()
    if name == "acr":
        asked["acr_values"] = value
    try:
        answer = provider.redirect(
            request,
            AuthProcess.LOGIN,
            next_url=then,
            auth_params=asked,
            nonce=nonce,
            language=get_language(),
        )
        return str(answer["Location"])
    except RequestException:
        raise Unreachable from None
    except (KeyError, TypeError, ValueError):
        raise Unusable from None


def take_state(request: HttpRequest) -> dict[str, Any]:
    """What ``begin`` remembered; works once. Raises Expired."""
    state = statekit.unstash_state(
        request, state_id=request.GET.get("state", ""), provider_id=PROVIDER_ID
    )
    if state is None:
        raise Expired
    return state


def finish(request: HttpRequest, state: dict[str, Any]) -> Claims:
    """Who came back from the provider. Raises Stopped, Unreachable, Unusable."""
    if "error" in request.GET:
        raise Stopped if request.GET["error"] == "access_denied" else Unusable
    if not request.GET.get("code"):
        raise Unusable
    adapter = _provider(request).get_oauth2_adapter(request)
    try:
        return _within(PATIENCE, lambda: adapter.claims(request, state))
    except RequestException:
        raise Unreachable from None
    except (OAuth2Error, jwt.PyJWTError, KeyError, TypeError, ValueError):
        raise Unusable from None


class StateAdapter(DefaultSocialAccountAdapter):
    """How allauth does it here: with a longer state. It signs nobody up by itself."""

    def generate_state_param(self, state: dict[str, Any]) -> str:
        return token_urlsafe(24)

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False


class Provider(OpenIDConnectProvider):
    def get_oauth2_adapter(self, request: HttpRequest) -> Adapter:
        return Adapter(request, self)


class Adapter(OpenIDConnectOAuth2Adapter):
    def __init__(self, request: HttpRequest, provider: Provider) -> None:
        super().__init__(request, PROVIDER_ID)
        self.provider = provider

    def get_provider(self) -> Provider:
        return self.provider

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        """One address: it is registered at the provider."""
        return callback_url()

    @property
    def openid_config(self) -> dict[str, Any]:
        """What the provider says of itself. Raises RequestException, ValueError.

        Kept for a while: anybody may press the button, and a provider that is away must not hold
        up the site.
        """
        issuer = settings.OIDC_ISSUER
        until, config = _configs.get(issuer, (0.0, {}))
        if time.monotonic() < until:
            return config
        away = f"oidc:away:{issuer}"
        if cache.get(away):
            raise RequestException("no answer a moment ago")
        try:
            config = _within(PATIENCE, self._fetch_config)
        except RequestException:
            cache.set(away, True, AWAY)
            raise
        if str(config["issuer"]).rstrip("/") != issuer:
            raise ValueError("another issuer")
        _configs[issuer] = (time.monotonic() + KEPT, config)
        return config

    def _fetch_config(self) -> dict[str, Any]:
        config: dict[str, Any] = super().openid_config
        return config

    def claims(self, request: HttpRequest, state: dict[str, Any]) -> Claims:
        """What the provider says of who logged in. Raises RequestException, OAuth2Error,
        PyJWTError, KeyError, TypeError, ValueError.
        """
        app = self.provider.app
        client = self.get_client(request, app)
        tokens = self.get_access_token_data(
            request, app, client, pkce_code_verifier=state["pkce_code_verifier"]
        )
        claims = self._checked(tokens["id_token"])
        if not constant_time_compare(str(claims["nonce"]), state["nonce"]):
            raise ValueError("another nonce")
        if not 0 < len(claims["sub"]) <= SUBJECT_LENGTH or not claims["sub"].isprintable():
            raise ValueError("nobody")
        if claim(claims, settings.OIDC_GROUPS_CLAIM) is None or "email" not in claims:
            # Keycloak and others tell more about somebody here than in the token.
            more = self._fetch_user_info(tokens["access_token"])
            if more["sub"] != claims["sub"]:
                raise ValueError("somebody else")
            claims = more | claims
        return claims

    def _checked(self, id_token: str) -> Claims:
        """With its signature, which allauth leaves out for a token that was fetched over TLS."""
        if jwt.get_unverified_header(id_token)["alg"] not in ALGORITHMS:
            raise ValueError("an algorithm that anybody can sign with")
        found: Claims = jwtkit.verify_and_decode(
            credential=id_token,
            keys_url=self.openid_config["jwks_uri"],
            issuer=self.openid_config["issuer"],
            audience=settings.OIDC_CLIENT_ID,
            lookup_kid=jwtkit.lookup_kid_jwk,
        )
        return found


def second_factor() -> tuple[str, str]:
    """The claim and the value of it that show a second factor; empty if no token has to say so."""
    name, colon, value = settings.OIDC_SECOND_FACTOR.partition(":")
    return (name, value) if colon else ("", "")


def callback_url() -> str:
    """In the site's own language, whatever that of the page."""
    with override(settings.LANGUAGE_CODE):
        return f"{settings.SITE_URL}{reverse('account_organisation_back')}"


def claim(claims: Claims, name: str) -> Any:
    """By its name, or by its path, such as ``realm_access.roles``; None if it is not there."""
    if name in claims:
        return claims[name]
    found: Any = claims
    for part in name.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found


def values(claims: Claims, name: str) -> list[str]:
    """A claim that has one value, or several."""
    found = claim(claims, name)
    if found is None:
        return []
    return [str(one) for one in found] if isinstance(found, list) else [str(found)]


def _within(seconds: float, ask: Callable[[], T]) -> T:
    """What ``ask`` returns or raises; Timeout if that takes longer, whatever it waits for.

    The time-outs of requests are for each read, so a server that sends a byte now and then would
    never run into them. ``ask`` goes on by itself then, and must leave the database alone.
    """
    if not _waiting.acquire(blocking=False):
        raise Timeout("too many wait already")
    answer: Future[T] = Future()

    def run() -> None:
        try:
            answer.set_result(ask())
        except Exception as error:
            answer.set_exception(error)
        finally:
            _waiting.release()

    context = copy_context()
    Thread(target=context.run, args=[run], daemon=True).start()
    try:
        return answer.result(seconds)
    except TimeoutError:
        raise Timeout("no whole answer in time") from None


def _provider(request: HttpRequest) -> Provider:
    app = SocialApp(
        provider=OpenIDConnectProvider.id,
        provider_id=PROVIDER_ID,
        name=settings.OIDC_NAME,
        client_id=settings.OIDC_CLIENT_ID,
        secret=settings.OIDC_CLIENT_SECRET,
        settings={
            "server_url": settings.OIDC_ISSUER,
            "oauth_pkce_enabled": True,
            "scope": settings.OIDC_SCOPES,
        },
    )
    return Provider(request, app=app)
