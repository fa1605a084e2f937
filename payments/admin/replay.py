"""Replay: put an event of the inbox back into the queue."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST

from payments.models import WebhookEvent
from payments.services.inbox import replay_event
from payments.tasks import enqueue_event


class ReplayAction(admin.ModelAdmin):  # type: ignore[type-arg]
    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.replay_view)
        return [path("<int:pk>/replay/", view, name="payments_webhookevent_replay"), *super().get_urls()]

    @method_decorator(require_POST)
    def replay_view(self, request: HttpRequest, pk: int) -> HttpResponseRedirect:
        """Harmless however often it is pressed: an event has one effect."""
        if not request.user.has_perm("payments.change_webhookevent"):
            raise PermissionDenied
        row = get_object_or_404(WebhookEvent, pk=pk)
        replay_event(row)
        if enqueue_event(row.pk):
            messages.success(request, f"{row.type} is applied again in a moment.")
        else:
            messages.warning(request, f"{row.type} is applied as soon as the queue is back.")
        return HttpResponseRedirect(reverse("admin:payments_webhookevent_change", args=[pk]))
