"""The number of a request, for pages that say what went wrong; those have no context to ask."""

from __future__ import annotations

from django import template

from eventsite import logs

register = template.Library()
register.simple_tag(logs.request_number, name="request_number")
