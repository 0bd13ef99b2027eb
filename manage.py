#!/usr/bin/env python
import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "eventsite.settings")
    if sys.argv[1:2] == ["recount"] and "SECRET_KEY" not in os.environ:
        # Anybody can check a draw, on a machine that never had the settings of a site.
        os.environ.setdefault("DEBUG", "1")
    execute_from_command_line(sys.argv)
