"""The sidebar: groups of lists, each shown to those who may see it."""

from dataclasses import dataclass

from django.apps import apps
from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.urls import reverse


@dataclass(frozen=True)
class Entry:
    label: str
    icon: str
    model: str


@dataclass(frozen=True)
class Item:
    label: str
    icon: str
    url: str
    active: bool


@dataclass(frozen=True)
class Group:
    title: str
    items: list[Item]


MENU: list[tuple[str, list[Entry]]] = [
    (
        "Sales",
        [
            Entry("Sales orders", "orders", "orders.Order"),
            Entry("Subscriptions", "subscriptions", "orders.Subscription"),
            Entry("Ship docs", "shipping", "orders.ShipDoc"),
            Entry("Customers", "customers", "orders.Customer"),
            Entry("Campaigns", "campaigns", "orders.Campaign"),
            Entry("Offers", "offers", "orders.Offer"),
            Entry("Coupons", "coupons", "orders.Coupon"),
            Entry("Staff", "staff", "orders.Staff"),
            Entry("Mails", "mails", "orders.Mail"),
            Entry("API keys", "lock", "payments.ApiKey"),
        ],
    ),
    (
        "Money",
        [
            Entry("Payments", "payments", "payments.Payment"),
            Entry("Refunds", "refunds", "payments.Refund"),
            Entry("Disputes", "disputes", "payments.Dispute"),
            Entry("Holds", "holds", "payments.Hold"),
            Entry("Webhook events", "webhooks", "payments.WebhookEvent"),
            Entry("Monthly caps", "caps", "gateways.CapCheck"),
            Entry("Stop charging", "stop", "payments.ChargeStop"),
        ],
    ),
    ("Profile list", [Entry("Payment gateways", "gateways", "gateways.Gateway")]),
    (
        "Administration",
        [
            Entry("Users", "users", "auth.User"),
            Entry("Groups", "groups", "auth.Group"),
            Entry("Installation", "lock", "gateways.Installation"),
        ],
    ),
]


def navigation(site: AdminSite, request: HttpRequest) -> list[Group]:
    home = reverse("admin:index", current_app=site.name)
    groups = [Group("", [Item("Home", "home", home, active=request.path == home)])]
    for title, entries in MENU:
        items = [item for entry in entries if (item := _item(site, request, entry))]
        if items:
            groups.append(Group(title, items))
    return groups


def _item(site: AdminSite, request: HttpRequest, entry: Entry) -> Item | None:
    model = apps.get_model(entry.model)
    if not site.is_registered(model) or not site.get_model_admin(model).has_view_permission(request):
        return None
    name = f"admin:{entry.model.lower().replace('.', '_')}_changelist"
    url = reverse(name, current_app=site.name)
    return Item(entry.label, entry.icon, url, active=request.path.startswith(url))
