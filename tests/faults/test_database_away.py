"""PostgreSQL is stopped, restarted, frozen, or not there yet."""

from __future__ import annotations

import re
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from django.conf import settings

from program.models import Event, HouseStyle, StyleImage
from program.public import page_cache
from tests.conftest import PATIENCE
from tests.faults.conftest import OwnSite
from tests.faults.visits import Answer, kept_fields, send_json, sign_up_form, visit
from tests.processes import healthy, running, served, wait_for

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.postgres,
    pytest.mark.processes,
]

WITHOUT_DATA = {"nl": "De site kan nu niet bij zijn gegevens.", "en": "can’t reach its data"}
PAGES = ("/wijk/", "/wijk/tafelsessie/1a/", "/wijk/aanmelden/")
FEEDS = ("/wijk/programma.json", "/wijk/agenda.ics", "/sitemap.xml")


def is_notice(answer: Answer, language: str = "nl") -> bool:
    return WITHOUT_DATA[language] in answer.text


@pytest.fixture
def logo(event: Event) -> str:
    """Its address. To be asked for before ``own_site``, which copies the database."""
    image = StyleImage.objects.create(
        key="a" * 32, mime_type="image/png", width=240, height=80, content=b"bytes"
    )
    HouseStyle.objects.create(is_site=True, logo=image)
    return f"/huisstijl/{image}"


def test_site_goes_on_from_memory_while_the_database_is_gone(
    logo: str, own_site: OwnSite, log: Path
):
    with served("eventsite.wsgi", own_site.env, log) as url:
        before = {path: visit(url + path) for path in (*PAGES, *FEEDS, "/en/wijk/")}
        assert {answer.status for answer in before.values()} == {200}
        assert not any("Age" in answer.headers for answer in before.values())
        time.sleep(1)  # until each would be made anew
        own_site.postgres.stop("immediate")

        for path in PAGES:
            old = visit(url + path)
            assert (old.status, is_notice(old)) == (200, True)
            assert re.search(r"Deze pagina is van <time[^>]*>\d+\.\d\d</time> uur", old.text)
            assert old.headers["Cache-Control"] == "no-store"
            assert int(old.headers["Age"]) >= 1
            assert logo in old.text
        assert is_notice(visit(f"{url}/en/wijk/"), "en")
        assert visit(url + logo).text == "bytes", "nobody had asked for it: it was read ahead"
        for path in FEEDS:
            old = visit(url + path)
            assert (old.status, old.text) == (200, before[path].text)
            assert "Age" in old.headers
        # As good as the page that was kept, whoever asks.
        assert is_notice(visit(f"{url}/wijk/?utm_source=nieuwsbrief"))
        assert is_notice(visit(f"{url}/wijk/", Cookie=f"{settings.SAVED_COOKIE_NAME}=wijk"))
        assert is_notice(visit(f"{url}/wijk/", Cookie=f"{settings.SESSION_COOKIE_NAME}=x"))

        # What they chose stands in the address: another page would forget it.
        staff = f"{settings.SESSION_COOKIE_NAME}={'x' * 32}"
        for path in ("/wijk/aanmelden/?round_1=1a", "/wijk/wie-komen/", "/admin/"):
            gone = visit(url + path, Cookie=staff)
            assert gone.status == 503
            assert "<h1>Dit lukt nu even niet</h1>" in gone.text
            assert int(gone.headers["Retry-After"]) > 0
            assert "no-store" in gone.headers["Cache-Control"]
            assert "default-src 'none'" in gone.headers["Content-Security-Policy"]
        sent = visit(f"{url}/wijk/aanmelden/", sign_up_form(first_name="Noor & <Co>"))
        assert sent.status == 503
        assert "Er is nog niets verstuurd" in sent.text
        assert kept_fields(sent)["first_name"] == "Noor & <Co>"
        device = send_json(
            f"{url}/deur/wijk/sync/", b"{}", Cookie="csrftoken=" + "t" * 32, X_CSRFToken="t" * 32
        )
        assert (device.status, device.headers["Content-Type"]) == (503, "application/json")
        assert visit(f"{url}/healthz/").status == 503

        own_site.postgres.start()
        assert wait_for("a new page", lambda: not is_notice(visit(f"{url}/wijk/")))
        assert visit(f"{url}/wijk/aanmelden/", sign_up_form()).status == 303
    assert own_site.people() == 1
    told = log.read_text()
    assert told.count("pages answer 503") <= 2
    assert "Traceback" not in told


def test_form_is_tried_again_when_the_database_restarts_under_it(own_site: OwnSite, log: Path):
    form, page = sign_up_form(), "/wijk/aanmelden/"
    with (
        served("eventsite.wsgi", own_site.env, log) as url,
        closing(own_site.postgres.connect()) as other,
        ThreadPoolExecutor() as pool,
    ):
        visit(url + page)
        other.execute("BEGIN; SELECT FROM program_event FOR UPDATE")
        sent = pool.submit(visit, url + page, form)
        wait_for(
            "the form",
            lambda: own_site.postgres.ask(
                "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            ),
        )
        own_site.postgres.restart()

        assert sent.result(PATIENCE).status == 303
    assert own_site.people() == 1


@pytest.mark.long
def test_nobody_notices_that_all_connections_were_cut(own_site: OwnSite, log: Path):
    cut = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '' "
        "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    )
    with served("eventsite.wsgi", own_site.env, log) as url:
        for number in range(5):
            visit(f"{url}/wijk/wie-komen/")
            own_site.postgres.ask(cut)
            assert visit(f"{url}/wijk/wie-komen/").status == 200
            own_site.postgres.ask(cut)
            sent = visit(f"{url}/wijk/aanmelden/", sign_up_form(f"n{number}@a.example"))
            assert sent.status == 303
    assert own_site.people() == 5


@pytest.mark.long
def test_database_that_answers_nothing_holds_up_nobody_for_long(own_site: OwnSite, log: Path):
    with served("eventsite.wsgi", own_site.env, log) as url, ThreadPoolExecutor(8) as pool:
        paths = [url + path for path in PAGES]
        for _time in range(3):  # each thread has a connection
            list(pool.map(visit, paths * 2))
        time.sleep(1)
        own_site.postgres.freeze()
        first = list(pool.map(visit, paths * 2))
        assert {answer.status for answer in first} == {200}

        later = list(pool.map(visit, paths * 10))
        assert {answer.status for answer in later} == {200}
        assert any(map(is_notice, later))
        took = sorted(answer.seconds for answer in later)
        assert took[len(took) // 2] < 2 * page_cache.WAIT
        assert visit(f"{url}/wijk/aanmelden/", sign_up_form()).status == 503

        own_site.postgres.thaw()
        wait_for("a new page", lambda: not is_notice(visit(f"{url}/wijk/")))
        assert visit(f"{url}/wijk/aanmelden/", sign_up_form("els@a.example")).status == 303


@pytest.mark.long
def test_site_and_worker_may_start_before_the_database(
    own_site: OwnSite, log: Path, tmp_path: Path
):
    own_site.postgres.stop()
    worker_log = tmp_path / "worker.log"
    work = running(sys.executable, "manage.py", "work", env=own_site.env, log=worker_log)
    with served("eventsite.wsgi", own_site.env, log) as url, work as worker:
        assert visit(f"{url}/wijk/").status == 503
        wait_for("the worker to notice", lambda: "database is away" in worker.said())
        for email in ("noor@a.example", "els@a.example"):
            own_site.postgres.start()
            wait_for("the site", lambda: healthy(url))
            assert visit(f"{url}/wijk/aanmelden/", sign_up_form(email)).status == 303
            wait_for(
                "the mail",
                lambda: own_site.postgres.ask(
                    "SELECT 1 FROM registrations_storedmail WHERE sent_at IS NOT NULL"
                ),
            )
            own_site.postgres.ask("DELETE FROM registrations_storedmail")
            own_site.postgres.restart()
            own_site.postgres.stop("immediate")
            time.sleep(1)
        assert worker.process.poll() is None
        assert "Traceback" not in worker.said()
    own_site.postgres.start()
