"""What the provider of the tests says of people. Runs in its process alone (tests/provider.py)."""

from __future__ import annotations

import json
from typing import Any

from allauth.account.models import EmailAddress
from allauth.idp.oidc.adapter import DefaultOIDCAdapter
from allauth.idp.oidc.models import Client
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from tests.provider import CLIENT_ID, PASSWORD

CLAIMS: dict[str, dict[str, Any]] = {}


class Claims(DefaultOIDCAdapter):
    """Its own, and over them those that a test chose. 'in' says whether the token has them, as at
    Entra ID, or the page about somebody, as Keycloak may.
    """

    def get_claims(self, purpose: Any, user: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        chosen = dict(CLAIMS[user.username])
        claims: dict[str, Any] = super().get_claims(purpose, user, *args, **kwargs)
        told_in = chosen.pop("in", "id_token")
        return claims | chosen if purpose == told_in or "sub" in chosen else claims


@csrf_exempt
def change_person(request: HttpRequest, name: str) -> HttpResponse:
    CLAIMS[name] = json.loads(request.body)
    user, made = User.objects.get_or_create(username=name)
    if made:
        user.set_password(PASSWORD)
        user.save()
    email = CLAIMS[name].pop("email", "")
    EmailAddress.objects.filter(user=user).delete()
    if email:
        verified = CLAIMS[name].pop("email_verified", True)
        EmailAddress.objects.create(user=user, email=email, verified=verified, primary=True)
    return HttpResponse(status=204)


@csrf_exempt
def change_client(request: HttpRequest) -> HttpResponse:
    (client,) = Client._default_manager.filter(id=CLIENT_ID)
    client.set_redirect_uris(json.loads(request.body)["redirect_uris"])
    client.save()
    return HttpResponse(status=204)
