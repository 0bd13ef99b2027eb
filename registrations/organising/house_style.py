"""The house style of the site or of an event: changed, copied, thrown away."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q

from program.models import Event, HouseStyle, StyleImage
from program.models.house_style import COLOURS
from program.public import house_style
from registrations.models import Change, history

IMAGES = ("logo", "icon")
Values = Mapping[str, object]  # by the names of fields; an image may be new


@transaction.atomic
def change_of_event(event: Event, values: Values, *, who: str, at: datetime) -> bool:
    """Returns whether anything changed. With nothing left of its own it looks as the site does."""
    event = Event.objects.locked(event.pk)
    row = event.house_style or HouseStyle()
    if not _change(row, values):
        return False
    event.house_style = row if row.pk else None
    event.save(update_fields=["house_style"])
    event.bump_programme()
    about = {"model": "event", "name": str(event), "fields": ["house_style"]}
    steps = {"steps": [{"did": "changed", **about}]}
    history.record(event, None, Change.What.EDITED, who=who, at=at, new=steps)
    return True


@transaction.atomic
def change_of_site(values: Values) -> bool:
    """Returns whether anything changed. Other machines show it within SITE_SECONDS."""
    # Two may make it at once, and there is one.
    row, made = HouseStyle.objects.select_for_update().get_or_create(is_site=True)
    changed = _change(row, values)
    if made and not changed:
        row.delete()
    transaction.on_commit(house_style.KNOWN.forget)
    return changed


def copy_to(event: Event, of: Event) -> None:
    """Give ``event`` the house style of another one. Needs the lock, or an event nobody knows."""
    # Locked: until the copy is stored, its images are those of this one, and stay.
    locked = HouseStyle.objects.select_for_update()
    row = locked.filter(pk=of.house_style.pk).first() if of.house_style else None
    if row is None:
        return
    row.pk = None
    row._state.adding = True
    row.save()
    event.house_style = row
    event.save(update_fields=["house_style"])


def throw_away(row: HouseStyle | None) -> None:
    """After the event that it is of. Its images follow (``throw_away_images``)."""
    if row is not None:
        row.delete()


@transaction.atomic
def throw_away_images() -> int:
    """Delete the images that no style has any more; returns how many.

    Only the worker does so, some time later. A style that is just being stored holds the lock on
    its images (``_stored``): those are left alone, and others are looked at again once locked.
    """
    images = StyleImage.objects.defer("content")
    used = HouseStyle.objects.filter(Q(logo=OuterRef("pk")) | Q(icon=OuterRef("pk")))
    unused = images.filter(~Exists(used))
    skip = connection.features.has_select_for_update_skip_locked
    keys = [image.pk for image in unused.select_for_update(skip_locked=skip)]
    return unused.filter(pk__in=keys).delete()[0] if keys else 0


def _change(row: HouseStyle, values: Values) -> bool:
    """Store what is new, and nothing of a style that has nothing left. Returns whether it did."""
    was_empty = _is_empty(row)
    changed = []
    for name, value in values.items():
        if isinstance(value, StyleImage):
            value = _stored(value)
        if getattr(row, name) != value:
            setattr(row, name, value)
            changed.append(name)
    if not changed or (was_empty and _is_empty(row)):
        return False  # ticks of a logo, where there is none
    if _is_empty(row):
        if row.pk:
            row.delete()
    else:
        row.save()
    return True


def _is_empty(row: HouseStyle) -> bool:
    return not any(getattr(row, name) for name in ("name", *COLOURS, *IMAGES))


def _stored(image: StyleImage) -> StyleImage:
    """The same bytes are stored once, for they have the same key. Locked until this is done."""
    fields = ("mime_type", "width", "height", "content")
    values = {name: getattr(image, name) for name in fields}
    locked = StyleImage.objects.select_for_update()
    return locked.get_or_create(pk=image.pk, defaults=values)[0]
