"""What is done to a gateway with a button: duplicate it, switch it on or off, register its webhook."""

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse

from gateways.activity import activate, deactivate
from gateways.duplicate import duplicate_gateway
from gateways.errors import GatewayProblem
from gateways.models import Gateway
from gateways.processors import registry
from gateways.processors.base import ProcessorError
from gateways.processors.stripe_events import WEBHOOK_EVENTS
from gateways.services import register_webhook
from gateways.webhooks import webhook_url


class GatewayActions(admin.ModelAdmin):  # type: ignore[type-arg]
    """For the admin of gateways: a page under each for every button."""

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        pages = {
            "duplicate": self.duplicate_view,
            "activate": self.activate_view,
            "deactivate": self.deactivate_view,
            "webhook": self.webhook_view,
        }
        own = [path(f"<int:pk>/{name}/", wrap(view), name=f"gateways_gateway_{name}") for name, view in pages.items()]
        return [*own, *super().get_urls()]

    def what_stops(self, gateway: Gateway) -> list[str]:
        """What no longer happens when this gateway is off; `payments` knows more."""
        return []

    def duplicate_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        gateway = self.gateway_for(request, pk)
        if not self.has_add_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseRedirect(page_url(gateway))
        try:
            copy = duplicate_gateway(gateway)
        except GatewayProblem as problem:
            messages.error(request, problem.message)
            return HttpResponseRedirect(page_url(gateway))
        self.log_addition(request, copy, f"Duplicated from {gateway}.")
        messages.success(
            request,
            f"{copy} is a copy of {gateway}, with its keys, and is not active yet. Give it a name and a suffix of its "
            "own, save it, then switch it on.",
        )
        return HttpResponseRedirect(f"{page_url(copy)}?focus=descriptor_suffix")

    def activate_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        gateway = self.gateway_for(request, pk)
        if request.method == "POST" and activate(gateway):
            self.log_change(request, gateway, "Activated.")
            messages.success(request, f"{gateway} is active: new payments may go through it.")
        return HttpResponseRedirect(page_url(gateway))

    def deactivate_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        gateway = self.gateway_for(request, pk)
        if request.method != "POST":
            stops = self.what_stops(gateway)
            return self.show(request, "deactivate.html", gateway, title=f"Switch {gateway} off?", stops=stops)
        if deactivate(gateway):
            self.log_change(request, gateway, "Deactivated.")
            messages.success(request, f"{gateway} is not active any longer: no new payment goes through it.")
        return HttpResponseRedirect(page_url(gateway))

    def webhook_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Asks the processor, so it holds no transaction open."""
        gateway = self.gateway_for(request, pk)
        if request.method != "POST":
            return HttpResponseRedirect(page_url(gateway))
        try:
            register_webhook(gateway, settings.PUBLIC_URL, new_secret="new_secret" in request.POST)
        except (GatewayProblem, ProcessorError) as problem:
            messages.error(request, f"The webhook was not registered. {problem.message}")
        else:
            self.log_change(request, gateway, "Webhook registered; its signing secret was stored.")
            messages.success(request, "The webhook is registered: Stripe sends its news to this gateway from now on.")
        return HttpResponseRedirect(f"{page_url(gateway)}?panel=webhook#webhook")

    def gateway_for(self, request: HttpRequest, pk: int) -> Gateway:
        gateway: Gateway | None = self.get_queryset(request).filter(pk=pk).first()
        if gateway is None:
            raise Http404("no such gateway")
        if not self.has_change_permission(request, gateway):
            raise PermissionDenied
        return gateway

    def show(self, request: HttpRequest, template: str, gateway: Gateway, **context: Any) -> HttpResponse:
        everything = {**self.admin_site.each_context(request), "opts": self.opts, "gateway": gateway, **context}
        form = context.get("form")
        status = 400 if form is not None and form.errors else 200
        return render(request, f"admin/gateways/gateway/{template}", everything, status=status)


def page_url(gateway: Gateway) -> str:
    return reverse("admin:gateways_gateway_change", args=[gateway.pk])


def webhook_facts(gateway: Gateway) -> dict[str, Any]:
    """What the page says of a gateway's webhook: whether it is registered, and what to paste by hand."""
    url = webhook_url(gateway, settings.PUBLIC_URL)
    return {
        "url": url,
        "by_hand": "signing_secret" in registry.fields_of(gateway.processor),
        "events": WEBHOOK_EVENTS,
        "events_text": ", ".join(WEBHOOK_EVENTS),
        "registered": bool(gateway.webhook_reference) and gateway.webhook_url == url,
        "has_secret": bool(gateway.signing_secret_hint),
        "rotating": gateway.__dict__.get("previous_signing_secret", "") not in ("", None),
    }
