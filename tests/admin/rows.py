"""Rows for the admin's pages, written straight to the database: no processor is asked."""

import itertools
import uuid
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F
from django.utils import timezone

from gateways.models import Gateway, Mode, MonthlyVolume
from orders.models import Address, Campaign, Card, Customer, Mail, Offer, Order, ShipDoc, VaultedCustomer
from orders.services.orders import create_order
from orders.services.shipping import Parcel, create_ship_doc
from payments.models import (
    Dispute,
    DisputeAnswer,
    DisputeStatus,
    Payment,
    PaymentEvent,
    Purpose,
    Refund,
    RefundStatus,
    ReserveTranche,
    Status,
    WebhookEvent,
)
from payments.models.dispute import OVER
from payments.refund_states import GIVEN_UP

SECRET_KEY = "sk_test_MUSTNEVERBESHOWN1234"
SIGNING_SECRET = "whsec_MUSTNEVERBESHOWN5678"
CLIENT_SECRET = "pi_3abc_secret_MUSTNEVERBESHOWN"
HIDDEN = ("MUSTNEVERBESHOWN", "hidden-draft")

_count = itertools.count(1)


def gateway(**fields: Any) -> Gateway:
    number = next(_count)
    row: Gateway = Gateway.objects.create(
        **{
            "name": f"Shop gateway {number}",
            "currency": "USD",
            "mode": Mode.TEST,
            "account_id": f"acct_{number}",
            "secret_key": SECRET_KEY,
            "secret_key_hint": SECRET_KEY[-4:],
            "signing_secret": SIGNING_SECRET,
            "signing_secret_hint": SIGNING_SECRET[-4:],
            "monthly_cap": 100_000,
            **fields,
        }
    )
    return row


def use_cap(row: Gateway, captured: int, moment: datetime | None = None) -> None:
    month = (moment or timezone.now()).date().replace(day=1)
    MonthlyVolume.objects.create(gateway=row, month=month, captured=captured)


def campaign(currency: str = "USD", **fields: Any) -> Campaign:
    defaults = {"name": f"Shop campaign {next(_count)}", "currency": currency, "card_payments": True}
    return Campaign.objects.create(**{**defaults, **fields})


def offer(of: Campaign | None = None, price: int = 4995, **fields: Any) -> Offer:
    name = f"Shop offer {next(_count)}"
    return Offer.objects.create(**{"campaign": of or campaign(), "name": name, "price": price, **fields})


def catalog(through: Gateway) -> Campaign:
    """A campaign with a recurring offer, gateways of both, a coupon and somebody of the staff; and a deleted one."""
    shop = campaign(through.currency, mode=through.mode)
    club = offer(shop, kind=Offer.Kind.RECURRING)
    club.cycles.create(number=2, price=3995)
    for owner in (shop, club):
        owner.assignments.create(gateway=through)
    club.staff.create(name=f"Shop staff {next(_count)}")
    shop.coupons.create(code="WELCOME", rate=1000)
    campaign(through.currency, deleted_at=timezone.now())
    return shop


def customer() -> Customer:
    number = next(_count)
    row = Customer.objects.create(name=f"Shop customer {number}", email=f"buyer{number}@mail.test")
    Address.objects.create(customer=row, line1="1 Long Harbour Street", city="Portland", country="US")
    return row


def card(owner: Customer, at: Gateway) -> Card:
    reference = uuid.uuid4().hex
    vaulted = VaultedCustomer.objects.create(
        customer=owner, account_id=at.account_id, mode=at.mode, reference=f"cus_{reference}"
    )
    return Card.objects.create(
        customer=owner,
        vaulted_customer=vaulted,
        account_id=at.account_id,
        mode=at.mode,
        reference=f"pm_{reference}",
        brand="visa",
        last4="4242",
        exp_month=4,
        exp_year=2030,
    )


def order(currency: str = "USD", price: int = 4995, **fields: Any) -> Order:
    shop = campaign(currency)
    return create_order(customer(), shop, [(offer(shop, price), 1)], **fields)


def ship_doc(of: Order | None = None) -> ShipDoc:
    row = of or order()
    line = row.lines.get()
    return create_ship_doc(row.pk, Parcel({line.pk: 1}, carrier="DHL", tracking=f"JD{next(_count)}"))


def payment(status: Status = Status.CAPTURED, *, of: Order | None = None, **fields: Any) -> Payment:
    row = of or order()
    now = fields.pop("at", timezone.now())
    through = fields.pop("gateway", None) or gateway(currency=row.currency)
    sent = status not in {Status.PENDING, Status.SUBMITTED, Status.UNKNOWN, Status.FAILED}
    payment = Payment.objects.create(
        **{
            "order": row,
            "gateway": through,
            "account_id": through.account_id,
            "mode": through.mode,
            "purpose": Purpose.PAYMENT_ENTRY,
            "currency": row.currency,
            "amount": row.total,
            "amount_captured": row.total if status == Status.CAPTURED else 0,
            "cap_month": now.date().replace(day=1),
            "status": status,
            "reference": f"pi_{uuid.uuid4().hex}" if sent else "",
            "draft": {"client": "hidden-draft"},
            "form_token": uuid.uuid4(),
            "ordinal": row.payments.count() + 1,
            "created_at": now,
            "settled_at": now,
            "actor": "tester",
            **fields,
        }
    )
    PaymentEvent.objects.create(
        payment=payment, at=now, kind="answered", to_status=status, source="task", actor="Celery worker"
    )
    return payment


def mail(**fields: Any) -> Mail:
    number = next(_count)
    plain = {"key": f"news-{number}", "kind": "news", "to": f"buyer{number}@mail.test", "subject": "News"}
    return Mail.objects.create(**{**plain, "body": "Hello,\n\nnews.", "created_at": timezone.now(), **fields})


def refund(of: Payment | None = None, status: RefundStatus = RefundStatus.SUCCEEDED, **fields: Any) -> Refund:
    paid = of or payment()
    row = Refund.objects.create(
        **{
            "payment": paid,
            "ordinal": paid.refunds.count() + 1,
            "gateway": paid.gateway,
            "account_id": paid.account_id,
            "mode": paid.mode,
            "currency": paid.currency,
            "amount": 100,
            "status": status,
            "reference": f"re_{uuid.uuid4().hex}",
            "created_at": timezone.now(),
            "actor": "tester",
            **fields,
        }
    )
    if status not in GIVEN_UP:
        Payment.objects.filter(pk=paid.pk).update(amount_refunded=F("amount_refunded") + row.amount)
    return row


def everything() -> None:
    """One row more in each list of the admin."""
    event = webhook_event()
    refund(dispute(event.payment).payment)
    catalog(event.gateway)


def webhook_event(about: Payment | None = None, **fields: Any) -> WebhookEvent:
    row = about or payment()
    return WebhookEvent.objects.create(
        **{
            "gateway": row.gateway,
            "event_id": f"evt_{uuid.uuid4().hex}",
            "type": "payment_intent.succeeded",
            "livemode": False,
            "body": f'{{"data": {{"client_secret": "{CLIENT_SECRET}", "note": "<script>alert(1)</script>"}}}}',
            "payment": row,
            "received_at": timezone.now(),
            **fields,
        }
    )


def dispute(of: Payment | None = None, **fields: Any) -> Dispute:
    row = of or payment()
    moment = fields.pop("at", timezone.now())
    over = fields.get("status") in OVER
    return Dispute.objects.create(
        **{
            "payment": row,
            "gateway": row.gateway,
            "campaign": row.order.campaign if row.order else None,
            "account_id": row.account_id,
            "mode": row.mode,
            "reference": f"du_{uuid.uuid4().hex}",
            "charge_reference": f"ch_{uuid.uuid4().hex}",
            "currency": row.currency,
            "amount": row.amount,
            "reason": "fraudulent",
            "status": DisputeStatus.NEEDS_RESPONSE,
            "evidence_due_at": moment + timedelta(days=9),
            "amount_withdrawn": row.amount,
            "fee": 2500,
            "fee_taken": 1500,
            "settled_currency": row.currency,
            "movements": 1,
            "opened_at": moment,
            "opened_on": moment.date(),
            "closed_at": moment if over else None,
            "looked_at": moment,
            **fields,
        }
    )


def dispute_answer(to: Dispute | None = None, **fields: Any) -> DisputeAnswer:
    now = timezone.now()
    return DisputeAnswer.objects.create(
        **{
            "dispute": to or dispute(),
            "kind": "evidence",
            "evidence": {"uncategorized_text": "<script>alert(1)</script>"},
            "form_token": uuid.uuid4(),
            "submissions_before": 0,
            "asked_at": now,
            "next_try_at": now,
            "actor": "tester",
            **fields,
        }
    )


def tranche(of: Payment | None = None, **fields: Any) -> ReserveTranche:
    row = of or payment()
    held_on = fields.pop("held_on", timezone.now().date())
    return ReserveTranche.objects.create(
        **{
            "payment": row,
            "gateway": row.gateway,
            "campaign": row.order.campaign if row.order else None,
            "mode": row.mode,
            "currency": row.currency,
            "captured": 10_000,
            "rate": 1000,
            "amount": 1000,
            "held_on": held_on,
            "release_on": held_on + timedelta(days=90),
            **fields,
        }
    )
