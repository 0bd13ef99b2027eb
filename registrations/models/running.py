"""What the site keeps of its own running; nothing here is about a person."""

from __future__ import annotations

import uuid

from django.db import models

OF_A_JOB = "job: "


class HeartbeatQuerySet(models.QuerySet["Heartbeat"]):
    def of_workers(self) -> HeartbeatQuerySet:
        return self.exclude(name__startswith=OF_A_JOB)

    def of_jobs(self) -> HeartbeatQuerySet:
        return self.filter(name__startswith=OF_A_JOB)


class Heartbeat(models.Model):
    """When a worker was last at work, or a job last went well, on whatever machine.

    ``name`` is the machine and process of the worker, or that of the job after ``OF_A_JOB``.
    """

    name = models.CharField(max_length=100, primary_key=True)
    at = models.DateTimeField()

    objects = HeartbeatQuerySet.as_manager()

    class Meta:
        ordering = ["-at"]

    def __str__(self) -> str:
        return self.name

    @property
    def job(self) -> str:
        """The name of the job; empty for a worker."""
        return self.name.removeprefix(OF_A_JOB) if self.name.startswith(OF_A_JOB) else ""


class Restoration(models.Model):
    """A backup that was put back: from then on the journal tells another story."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    at = models.DateTimeField()
    backup_made_at = models.DateTimeField()

    class Meta:
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"
