"""How gunicorn serves the site: ``gunicorn eventsite.wsgi``, settings from the environment."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile

from eventsite import logs

bind = os.environ.get("BIND", "127.0.0.1:8000")
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
# Threads answer requests; the main loop reads them, however slowly they come.
worker_class = "eventsite.http_worker.HttpWorker"
# Of each process. Systems often allow it 1,024 files, and connections are files.
worker_connections = 800
# The kernel's way of sending a file would wait for the reader.
sendfile = False
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
    os.environ.get("LOG_FORMAT", "text"),
    **{"gunicorn.error": {"propagate": True}, "gunicorn.access": {"propagate": False}},
)

# Each process counts in a file there, and whichever is asked for the figures adds them up.
figures = tempfile.mkdtemp(prefix="tafelronde-metrics-") if os.environ.get("METRICS_TOKEN") else ""
if figures:
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = figures


def on_starting(server: object) -> None:
    """The settings and the site have been read by now: see ``preload_app``."""
    from django.apps import apps

    if not (apps.ready and apps.is_installed("registrations")):
        return  # some other application: the floor that benchmarks compare with
    from eventsite import starting

    if reason := starting.refused():
        sys.exit(reason)


def on_exit(server: object) -> None:
    if figures:
        shutil.rmtree(figures, ignore_errors=True)
