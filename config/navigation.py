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
class Page:
    """A page that is no list of a model: `address` is its name among the admin's, and `permission` opens it."""

    label: str
    icon: str
    address: str
    permission: str


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


MENU: list[tuple[str, list[Entry | Page]]] = [
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
    (
        "Reports",
        [
            Page("Reserve report", "reserve", "report_reserve", "payments.view_reservetranche"),
            Page("Chargeback details", "chargebacks", "report_chargebacks", "payments.view_dispute"),
            Page("Monthly cap report", "bars", "report_caps", "gateways.view_monthlyvolume"),
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


def _item(site: AdminSite, request: HttpRequest, entry: Entry | Page) -> Item | None:
    if isinstance(entry, Page):
        address = reverse(f"admin:{entry.address}", current_app=site.name)
        shown = request.user.has_perm(entry.permission)
        return Item(entry.label, entry.icon, address, active=request.path == address) if shown else None
    model = apps.get_model(entry.model)
    if not site.is_registered(model) or not site.get_model_admin(model).has_view_permission(request):
        return None
    name = f"admin:{entry.model.lower().replace('.', '_')}_changelist"
    url = reverse(name, current_app=site.name)
    return Item(entry.label, entry.icon, url, active=request.path.startswith(url))
