import os

from django.core.wsgi import get_wsgi_application

from program.database import patience

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "eventsite.settings")

application = get_wsgi_application()
# After the settings were read: the import asks them.
patience.wait_at_most(patience.PAGES, threads=int(os.environ.get("WEB_THREADS", "4")))
