from payments.models.api import ApiCall, ApiKey
from payments.models.charge_stop import ChargeStop
from payments.models.checkout import Checkout
from payments.models.dispute import Dispute, DisputeAnswer, DisputeStatus
from payments.models.hold import Hold
from payments.models.lane import Lane
from payments.models.pay_link import PayLink
from payments.models.payment import Payment, PaymentEvent, Purpose
from payments.models.refund import Refund
from payments.models.reserve import ReserveTranche
from payments.models.test_drive import TestDrive
from payments.models.webhook_event import WebhookEvent
from payments.refund_states import RefundStatus
from payments.states import Status

__all__ = [
    "ApiCall",
    "ApiKey",
    "ChargeStop",
    "Checkout",
    "Dispute",
    "DisputeAnswer",
    "DisputeStatus",
    "Hold",
    "Lane",
    "PayLink",
    "Payment",
    "PaymentEvent",
    "Purpose",
    "Refund",
    "RefundStatus",
    "ReserveTranche",
    "Status",
    "TestDrive",
    "WebhookEvent",
]
