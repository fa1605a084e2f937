"""Mails to customers that wait to be sent: written with what they tell, in the same transaction, each once."""

from django.db import models
from django.db.models import Q


class Mail(models.Model):
    """`key` says what it is about, so that the same news is written once: `authentication-<payment>`, say."""

    key = models.CharField(max_length=120, unique=True)
    kind = models.CharField(max_length=32)
    to = models.EmailField()
    reply_to = models.EmailField(blank=True)
    subject = models.CharField(max_length=200)
    body = models.TextField()
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["next_try_at"], name="mail_waiting", condition=Q(next_try_at__isnull=False)),
            models.Index(fields=["kind", "-id"], name="mail_by_kind"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(sent_at=None) | Q(next_try_at=None), name="mail_that_was_sent_is_not_tried_again"
            )
        ]

    def __str__(self) -> str:
        return self.subject
