"""How the site under test is served: as for real, behind a gate that shuts between two tests.

A page that is closed leaves its last request to the site, which goes on with it. Emptying the
database under it would end in a deadlock, or in a row that the next test finds.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from runpy import run_path
from typing import Any

globals().update(run_path(str(Path(__file__).parents[2] / "gunicorn.conf.py")))


def pre_request(worker: Any, request: Any) -> None:
    request.gate = os.open(os.environ["GATE"], os.O_RDONLY)
    fcntl.flock(request.gate, fcntl.LOCK_SH)


def post_request(worker: Any, request: Any, environ: Any, response: Any) -> None:
    os.close(request.gate)
