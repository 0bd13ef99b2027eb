"""The most that both databases can store; SQLite alone would take far more."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator

SMALL = [MaxValueValidator(32_767)]
LARGE = [MaxValueValidator(2_147_483_647)]
FROM_ONE = [MinValueValidator(1), MaxValueValidator(999)]  # what people count: themes, rounds
