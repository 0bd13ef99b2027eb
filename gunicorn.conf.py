"""How gunicorn serves the site: ``gunicorn eventsite.wsgi``, settings from the environment."""

from __future__ import annotations

import os

from eventsite import logs

bind = os.environ.get("BIND", "127.0.0.1:8000")
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = int(os.environ.get("WEB_THREADS", "4"))
# Longer than a proxy keeps an idle connection, which is a minute in nginx: it does not send a form
# once more if that is closed under its hands.
keepalive = 75
# The settings are read before anything listens: a missing one stops the start with one line.
preload_app = True
# An access log would hold personal links; the proxy before the site keeps its own.
accesslog = None
# Nobody steers a running server here, so there is no socket for it.
control_socket_disable = True
logconfig_dict = logs.config(
    os.environ.get("LOG_LEVEL", "INFO"),
    **{"gunicorn.error": {"propagate": True}, "gunicorn.access": {"propagate": False}},
)
