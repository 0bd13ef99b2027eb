"""The most that either database can store: SQLite alone takes far more, and days or minutes of
that size cannot be reckoned with.
"""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator

SMALL = [MaxValueValidator(32_767)]
LARGE = [MaxValueValidator(2_147_483_647)]
FROM_ONE = [MinValueValidator(1), MaxValueValidator(999)]  # what people count: themes, rounds
