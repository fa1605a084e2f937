"""Mails to customers: what was written to whom, whether it went out, and a button that sends it once more."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString

from gateways import look
from gateways.paging import BoundedPaginator
from orders.models import Mail
from orders.services.mails import send_again


@admin.register(Mail)
class MailAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    change_form_template = "admin/orders/mail/change_form.html"
    list_display = ["subject", "to", "kind", "state_text", "created_text"]
    list_filter = ["kind"]
    search_fields = ["to", "key"]
    search_help_text = "Address"
    sortable_by = ["created_text"]
    fields = ["subject"]
    paginator = BoundedPaginator
    show_full_result_count = False
    list_per_page = 50
    actions = None

    @admin.display(description="state")
    def state_text(self, mail: Mail) -> SafeString:
        return state_badge(mail)

    @admin.display(description="written", ordering="pk")
    def created_text(self, mail: Mail) -> SafeString:
        return look.moment(mail.created_at)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Mail | None = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Mail]:
        rows = super().get_queryset(request)
        return rows.defer("body") if request.path.endswith("/mail/") else rows

    def get_urls(self) -> list[URLPattern]:
        again = self.admin_site.admin_view(self.again_view)
        return [path("<int:pk>/again/", again, name="orders_mail_again"), *super().get_urls()]

    def again_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        mail = Mail.objects.filter(pk=pk).first()
        if mail is None or not self.has_change_permission(request, mail):
            raise Http404
        if request.method == "POST":
            send_again(mail)
            messages.success(request, f"The mail to {mail.to} goes out within a minute.")
        return HttpResponseRedirect(reverse("admin:orders_mail_change", args=[pk]))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        mail = self.get_object(request, object_id)
        badge = state_badge(mail) if isinstance(mail, Mail) else ""
        buttons = {"show_save": False, "show_save_and_continue": False, "show_save_and_add_another": False}
        return super().change_view(request, object_id, form_url, {"state": badge, **buttons, **(extra_context or {})})

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        empty = {"empty_icon": "mails", "empty_text": "What Midway writes to customers is kept here."}
        return super().changelist_view(request, {**empty, **(extra_context or {})})


def state_badge(mail: Mail) -> SafeString:
    if mail.sent_at:
        return look.badge("ok", "Sent")
    return look.badge("info", "Waiting") if mail.next_try_at else look.badge("failed", "Not sent")
