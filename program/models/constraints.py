"""A constraint that Django lacks: a foreign key over several columns.

With it the database itself keeps that a slot's session and round belong to the
slot's event, and that a seat's copies of round and session are true.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import BaseConstraint, Field, Model

T = TypeVar("T")


def given(value: T | None) -> T:
    """``value``, which Django's types allow to be None but its migrations always fill in."""
    if value is None:
        raise TypeError("a constraint needs its model and a schema editor")
    return value


def columns(model: type[Model], names: list[str], schema_editor: BaseDatabaseSchemaEditor) -> str:
    """The quoted columns of the fields called ``names``, with commas between."""
    quoted = []
    for name in names:
        field = model._meta.get_field(name)
        if not isinstance(field, Field) or field.column is None:
            raise TypeError(f"{name} of {model.__name__} has no column")
        quoted.append(schema_editor.quote_name(field.column))
    return ", ".join(quoted)


class CompositeForeignKey(BaseConstraint):
    """``fields`` together point at ``to_fields`` of the model behind ``relation``.

    ``relation`` is the foreign key field that names the other table; ``to_fields`` need a
    UniqueConstraint there. Checked by the database at commit, on SQLite and PostgreSQL.
    """

    def __init__(
        self, *, name: str, relation: str, fields: list[str], to_fields: list[str]
    ) -> None:
        super().__init__(name=name)
        self.relation = relation
        self.fields = fields
        self.to_fields = to_fields

    def constraint_sql(
        self, model: type[Model] | None, schema_editor: BaseDatabaseSchemaEditor | None
    ) -> str:
        model, schema_editor = given(model), given(schema_editor)
        quote = schema_editor.quote_name
        target = model._meta.get_field(self.relation).related_model
        if not isinstance(target, type):
            raise TypeError(f"{self.relation} of {model.__name__} points at no model")
        return (
            f"CONSTRAINT {quote(self.name)} "
            f"FOREIGN KEY ({columns(model, self.fields, schema_editor)}) "
            f"REFERENCES {quote(target._meta.db_table)} "
            f"({columns(target, self.to_fields, schema_editor)}) DEFERRABLE INITIALLY DEFERRED"
        )

    def create_sql(
        self, model: type[Model] | None, schema_editor: BaseDatabaseSchemaEditor | None
    ) -> str:
        model, schema_editor = given(model), given(schema_editor)
        table = schema_editor.quote_name(model._meta.db_table)
        return f"ALTER TABLE {table} ADD {self.constraint_sql(model, schema_editor)}"

    def remove_sql(
        self, model: type[Model] | None, schema_editor: BaseDatabaseSchemaEditor | None
    ) -> str:
        model, schema_editor = given(model), given(schema_editor)
        quote = schema_editor.quote_name
        return f"ALTER TABLE {quote(model._meta.db_table)} DROP CONSTRAINT {quote(self.name)}"

    def validate(self, *args: Any, **kwargs: Any) -> None:
        """Nothing before saving: forms only offer rows of the same event."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CompositeForeignKey) and self.deconstruct() == other.deconstruct()

    def __hash__(self) -> int:
        return hash(self.name)

    def deconstruct(self) -> tuple[str, Sequence[Any], dict[str, Any]]:
        path, args, kwargs = super().deconstruct()
        kwargs |= {
            "relation": self.relation,
            "fields": self.fields,
            "to_fields": self.to_fields,
        }
        return path, args, kwargs


def same_event(relation: str, *, name: str) -> CompositeForeignKey:
    """What ``relation`` points at belongs to the event of the row that points at it."""
    return CompositeForeignKey(
        name=name, relation=relation, fields=["event", relation], to_fields=["event", "id"]
    )
