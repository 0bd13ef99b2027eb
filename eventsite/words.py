"""Sentences of Django's that staff see, named here so that our catalogue can put them in Dutch.

Django's Dutch says 'u', and 'aanmelden' for logging in, which here is signing up for an event.
"""

from __future__ import annotations

from django.utils.translation import gettext_noop

OURS = (
    gettext_noop("Log in"),
    gettext_noop("Log in again"),
    gettext_noop("Log out"),
    gettext_noop("last login"),
    gettext_noop("Are you sure?"),
    gettext_noop("You may edit it again below."),
    gettext_noop("The {name} “{obj}” was added successfully."),
    gettext_noop("The {name} “{obj}” was added successfully. You may add another {name} below."),
    gettext_noop("The {name} “{obj}” was changed successfully."),
    gettext_noop("The {name} “{obj}” was changed successfully. You may edit it again below."),
    gettext_noop("The {name} “{obj}” was changed successfully. You may add another {name} below."),
    gettext_noop("The %(name)s “%(obj)s” was deleted successfully."),
    gettext_noop(
        'Are you sure you want to delete the %(object_name)s "%(escaped_object)s"? All of the'
        " following related items will be deleted:"
    ),
    gettext_noop("You don’t have permission to view or edit anything."),
    gettext_noop(
        "You are authenticated as %(username)s, but are not authorized to access this page."
        " Would you like to login to a different account?"
    ),
    gettext_noop("Your password was changed."),
    gettext_noop("Your old password was entered incorrectly. Please enter it again."),
    gettext_noop(
        "Please enter your old password, for security’s sake, and then enter your new password"
        " twice so we can verify you typed it in correctly."
    ),
)
