"""The forms of a house style: colours and name, and images."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, cast

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.forms import BoundField
from django.utils.formats import number_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from program.admin import images
from program.characters import clean_fields, refuse_unfit
from program.colours import WORDS, Chosen, Weak, completed, parse, schemes, weak
from program.models import HouseStyle, StyleImage
from program.models.house_style import COLOURS

MAIN = ("field", "brand")
FINER = tuple(name for name in COLOURS if name not in MAIN)
TEXT = forms.TextInput({"autocomplete": "off", "spellcheck": "false", "maxlength": "7"})
HELP = {
    "field": gettext_lazy(
        "Behind the title of each page, and at the top of each mail. One colour is enough: the "
        "others follow from it."
    ),
    "brand": gettext_lazy(
        "For the tables too. Empty: the colour of the band, or a darker shade if that is too light"
        " on white."
    ),
    "on_field": gettext_lazy("Empty: white or nearly black, whichever is easier to read."),
    "on_brand": gettext_lazy("Empty: white."),
    "field_dark": gettext_lazy("For people whose phone shows dark pages. Empty: a darker shade."),
    "brand_dark": gettext_lazy("Empty: a lighter shade."),
}


class ShownColour(NamedTuple):
    """A field with the colour that it gives now, and the one to take instead of a weak one."""

    bound: BoundField
    colour: str
    better: str


class ColoursForm(forms.Form):
    """Raises nothing for a colour that is too weak: it says so at the field, with a better one."""

    use_required_attribute = False
    name = forms.CharField(
        label=gettext_lazy("Name at the top of the page"),
        max_length=200,
        validators=[refuse_unfit],  # it is in the headers of mail
    )

    def __init__(self, data: Any = None, *, row: HouseStyle, name: str) -> None:
        """``name`` is what is on top if there is none of its own."""
        initial = {each: getattr(row, each) for each in ("name", *COLOURS)}
        super().__init__(data, initial=initial, label_suffix="")
        self.better: dict[str, str] = {}
        self.fields["name"].required = False
        self.fields["name"].help_text = _("Empty: %(name)s") % {"name": name}
        for colour in COLOURS:
            column: Any = HouseStyle._meta.get_field(colour)
            self.fields[colour] = forms.CharField(
                label=capfirst(column.verbose_name),
                required=False,
                widget=TEXT,
                help_text=HELP[colour],
            )
        clean_fields(self.fields)

    def clean(self) -> dict[str, Any]:
        for name in COLOURS:
            text = self.cleaned_data.get(name, "")
            if text:
                try:
                    self.cleaned_data[name] = parse(text)
                except ValueError:
                    message = _(
                        "Write a colour as # and six digits or letters from a to f, such as "
                        "#0b5fa5."
                    )
                    self.add_error(name, message)
        if not self.errors:
            alone = next((name for name in FINER if self.cleaned_data[name]), "")
            if alone and not self.chosen:
                message = _(
                    "Choose a colour for the band or for buttons too: this one goes with it."
                )
                self.add_error(alone, message)
                return self.cleaned_data
            for one in weak(self.chosen):
                self.better[one.name] = one.better
                self.add_error(one.name, too_weak(one))
        return self.cleaned_data

    @property
    def chosen(self) -> Chosen:
        return Chosen(**{name: self.cleaned_data[name] for name in COLOURS})

    @property
    def main(self) -> Iterator[ShownColour]:
        return self._shown(MAIN)

    @property
    def finer(self) -> Iterator[ShownColour]:
        return self._shown(FINER)

    @property
    def finer_open(self) -> bool:
        """Whether to show the rest at once: somebody chose one of them, or one is wrong."""
        return any(name in self.errors or self[name].value() for name in FINER)

    def _shown(self, names: tuple[str, ...]) -> Iterator[ShownColour]:
        followed = self._followed()
        for name in names:
            yield ShownColour(self[name], followed.get(name, ""), self.better.get(name, ""))

    def _followed(self) -> dict[str, str]:
        """What each colour is now, chosen or not; nothing if none is."""
        values = {}
        for name in COLOURS:
            try:
                values[name] = parse(self[name].value() or "")
            except ValueError:
                values[name] = ""
        chosen = Chosen(**values)
        if not chosen.field and not chosen.brand:
            return {}
        whole, dark = completed(chosen), schemes(chosen)[1]
        light = {name: getattr(whole, name) for name in COLOURS}
        return light | {"field_dark": dark["field"], "brand_dark": dark["brand"]}


def too_weak(one: Weak) -> str:
    """'Too light on white (3.1 : 1; it needs 4.5 : 1). #0b5fa5 will do.'"""
    sentences = {
        "brand": _("This colour is too light on white (%(ratio)s : 1; it needs %(least)s : 1)."),
        "brand_dark": _(
            "This colour is too dark on a dark page (%(ratio)s : 1; it needs %(least)s : 1)."
        ),
        "on_field": _("This is hard to read on the band (%(ratio)s : 1; it needs %(least)s : 1)."),
        "on_brand": _("This is hard to read on buttons (%(ratio)s : 1; it needs %(least)s : 1)."),
    }
    # Down, so that 4.48 is not told as the 4.5 that would be enough.
    ratio = number_format(int(one.ratio * 10) / 10, 1)
    said = sentences[one.name] % {"ratio": ratio, "least": number_format(WORDS, 1)}
    return said + " " + _("%(better)s will do.") % {"better": one.better}


class ImagesForm(forms.Form):
    use_required_attribute = False
    logo = forms.FileField(
        label=gettext_lazy("Logo"),
        required=False,
        help_text=gettext_lazy("A PNG, JPEG or WebP file, at least 500 pixels wide."),
        widget=forms.FileInput({"accept": ".png, .jpg, .jpeg, .webp"}),
    )
    logo_has_name = forms.BooleanField(
        label=gettext_lazy("The name is in the logo: don’t write it beside it"), required=False
    )
    logo_on_white = forms.BooleanField(
        label=gettext_lazy("Put the logo on white: its colours don’t show well on the band"),
        required=False,
    )
    icon = forms.FileField(
        label=gettext_lazy("Icon"),
        required=False,
        help_text=gettext_lazy("Shown small, in the browser tab. A square PNG file works best."),
        widget=forms.FileInput({"accept": ".png, .jpg, .jpeg, .webp"}),
    )
    remove_logo = forms.BooleanField(label=gettext_lazy("Remove the logo"), required=False)
    remove_icon = forms.BooleanField(label=gettext_lazy("Remove the icon"), required=False)

    def __init__(self, data: Any = None, files: Any = None, *, row: HouseStyle) -> None:
        initial = {name: getattr(row, name) for name in ("logo_has_name", "logo_on_white")}
        super().__init__(data, files, initial=initial, label_suffix="")
        for name in ("logo", "icon"):
            if getattr(row, name) is None:
                del self.fields[f"remove_{name}"]

    def clean_logo(self) -> StyleImage | None:
        return self._image("logo", images.LOGO)

    def clean_icon(self) -> StyleImage | None:
        return self._image("icon", images.ICON)

    def _image(self, name: str, kind: images.Kind) -> StyleImage | None:
        file = cast(UploadedFile | None, self.cleaned_data.get(name))
        return images.drawn_anew(file, kind, size=file.size) if file else None

    @property
    def values(self) -> dict[str, Any]:
        """What changes; an image that was not sent stays."""
        found: dict[str, Any] = {
            name: self.cleaned_data[name] for name in ("logo_has_name", "logo_on_white")
        }
        for name in ("logo", "icon"):
            if self.cleaned_data.get(name):
                found[name] = self.cleaned_data[name]
            elif self.cleaned_data.get(f"remove_{name}"):
                found[name] = None
        return found


class TokensForm(forms.Form):
    use_required_attribute = False
    file = forms.FileField(
        label=gettext_lazy("File with design tokens"),
        required=False,
        widget=forms.FileInput({"accept": ".json"}),
    )
    text = forms.CharField(
        label=gettext_lazy("Or paste the tokens here"),
        required=False,
        widget=forms.Textarea({"rows": 4, "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        clean_fields(self.fields)

    def clean(self) -> dict[str, Any]:
        file = self.cleaned_data.get("file")
        if file and file.size > MOST_TOKENS:
            self.add_error("file", _("This file is too large: at most 2 MB."))
        elif not file and not self.cleaned_data.get("text", "").strip():
            raise ValidationError(_("Choose a file or paste the tokens."))
        return self.cleaned_data

    @property
    def used(self) -> str:
        """The field that its content is in."""
        return "file" if self.cleaned_data.get("file") else "text"

    @property
    def content(self) -> str:
        if file := self.cleaned_data.get("file"):
            return str(file.read().decode("utf-8", errors="replace"))
        return str(self.cleaned_data["text"])


MOST_TOKENS = 2_000_000  # bytes
