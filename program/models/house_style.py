"""How the pages of the site, or of one event, look: a name, colours, a logo and an icon."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Length
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _

from program.colours import Chosen

# What the editor of images writes, and browsers have read for years (program/admin/images.py).
EXTENSIONS = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}
COLOURS = ("field", "on_field", "brand", "on_brand", "field_dark", "brand_dark")


class StyleImage(models.Model):
    """A logo or an icon, in the database: machines of one site share nothing else.

    Its key is made of its bytes, so that its address can be kept for ever, and cannot be guessed.
    """

    key = models.CharField(primary_key=True, max_length=32)
    mime_type = models.CharField(max_length=10, choices=[(name, name) for name in EXTENSIONS])
    width = models.PositiveSmallIntegerField()
    height = models.PositiveSmallIntegerField()
    content = models.BinaryField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(mime_type__in=list(EXTENSIONS)), name="style_image_is_no_program"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key}.{self.extension}"

    @property
    def extension(self) -> str:
        return EXTENSIONS[self.mime_type]


class HouseStyleQuerySet(models.QuerySet["HouseStyle"]):
    def shown(self) -> HouseStyleQuerySet:
        """With what a page needs of the images, but not their bytes."""
        return self.select_related("logo", "icon").defer("logo__content", "icon__content")

    def of_site(self) -> HouseStyleQuerySet:
        return self.filter(is_site=True)


def colour_field(words: object) -> models.CharField:
    return models.CharField(words, max_length=7, blank=True, default="")  # type: ignore[arg-type]


def whole_colour(name: str) -> models.CheckConstraint:
    """'#rrggbb' or nothing: it goes into a style sheet."""
    whole = Q(**{f"{name}__startswith": "#"}) & Q(Exact(Length(name), 7))
    return models.CheckConstraint(condition=Q(**{name: ""}) | whole, name=f"style_{name}_whole")


class HouseStyle(models.Model):
    """Of the site if ``is_site``, else of the event that names it. Empty: as the site has it.

    What each colour is for stands in docs/house-style.md.
    """

    is_site = models.BooleanField(default=False, editable=False)
    name = models.CharField(_("name at the top of the page"), max_length=200, blank=True)
    field = colour_field(_("band at the top"))
    on_field = colour_field(_("text on the band"))
    brand = colour_field(_("links and buttons"))
    on_brand = colour_field(_("text on buttons"))
    field_dark = colour_field(_("band at the top, on a dark page"))
    brand_dark = colour_field(_("links and buttons, on a dark page"))
    logo = models.ForeignKey(
        StyleImage, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("logo")
    )
    logo_has_name = models.BooleanField(_("the name is in the logo"), default=False)
    logo_on_white = models.BooleanField(_("the logo needs a white ground"), default=True)
    icon = models.ForeignKey(
        StyleImage, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("icon")
    )

    objects = HouseStyleQuerySet.as_manager()

    class Meta:
        verbose_name = _("house style")
        verbose_name_plural = _("house styles")
        constraints = [
            models.UniqueConstraint(
                fields=["is_site"], condition=Q(is_site=True), name="one_style_of_the_site"
            ),
            *(whole_colour(name) for name in COLOURS),
        ]

    def __str__(self) -> str:
        return str(_("house style"))

    @property
    def chosen(self) -> Chosen:
        return Chosen(**{name: getattr(self, name) for name in COLOURS})
