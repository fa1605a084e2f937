"""API keys of the order API: made, shown once, revoked. Nobody can read one again."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.views.decorators.cache import never_cache

from gateways import look
from gateways.paging import BoundedPaginator
from orders.models import Campaign
from payments.models import ApiKey
from payments.services.api.keys import make_key, revoke_key


class NewKeyForm(forms.Form):
    campaign = forms.ModelChoiceField(Campaign.objects.kept().order_by("name"), empty_label=None)
    name = forms.CharField(max_length=80, help_text="Which checkout uses it, such as “WordPress shop”.")


@admin.register(ApiKey)
class ApiKeyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    change_form_template = "admin/payments/apikey/change_form.html"
    list_display = ["name", "campaign", "hint_text", "state_text", "used_text", "created_text"]
    list_filter = ["campaign"]
    search_fields = ["name"]
    search_help_text = "Name"
    sortable_by = ["name"]
    fields = ["name"]
    paginator = BoundedPaginator
    show_full_result_count = False
    actions = None

    @admin.display(description="begins with")
    def hint_text(self, key: ApiKey) -> str:
        return f"{key.hint}…"

    @admin.display(description="state")
    def state_text(self, key: ApiKey) -> SafeString:
        return look.badge("inactive", "Revoked") if key.revoked_at else look.badge("active", "Works")

    @admin.display(description="last used")
    def used_text(self, key: ApiKey) -> SafeString:
        return look.moment(key.last_used_at)

    @admin.display(description="made")
    def created_text(self, key: ApiKey) -> SafeString:
        return look.moment(key.created_at)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiKey]:
        return super().get_queryset(request).select_related("campaign", "created_by")

    def has_delete_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        return False  # what was made with it keeps naming it: revoke it instead

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/revoke/", wrap(self.revoke_view), name="payments_apikey_revoke"),
            *super().get_urls(),
        ]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The answer to the form is the one page that ever shows the key; no cache keeps it."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = NewKeyForm(request.POST if request.method == "POST" else None)
        context = {**self.admin_site.each_context(request), "title": "New API key", "form": form, "opts": self.opts}
        if request.method == "POST" and form.is_valid():
            user = request.user if isinstance(request.user, User) else None
            row, key = make_key(form.cleaned_data["campaign"], form.cleaned_data["name"], user)
            context |= {"row": row, "key": key, "address": f"{settings.PUBLIC_URL}{reverse('api:orders')}"}
        status = 400 if form.errors else 200
        return never_cache(render)(request, "admin/payments/apikey/add.html", context, status=status)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        key = self.get_object(request, object_id)
        state = self.state_text(key) if isinstance(key, ApiKey) else ""
        return super().change_view(request, object_id, form_url, {"state": state, **(extra_context or {})})

    def revoke_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        key = ApiKey.objects.select_related("campaign").filter(pk=pk).first()
        if key is None:
            raise Http404
        if not self.has_change_permission(request, key):
            raise PermissionDenied
        page = reverse("admin:payments_apikey_change", args=[pk])
        if request.method == "POST":
            if revoke_key(key):
                messages.success(request, f"{key.name} is revoked: its checkout is refused from now on.")
            else:
                messages.info(request, f"{key.name} was revoked before.")
            return HttpResponseRedirect(page)
        context = {**self.admin_site.each_context(request), "title": "Revoke this key?", "key": key, "opts": self.opts}
        return render(request, "admin/payments/apikey/revoke.html", context)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        text = "With an API key a checkout of your own makes orders in a campaign and takes payments for them."
        return super().changelist_view(request, {"empty_icon": "lock", "empty_text": text, **(extra_context or {})})
