from payments.models.charge_stop import ChargeStop
from payments.models.payment import Payment, PaymentEvent, Purpose
from payments.models.webhook_event import WebhookEvent
from payments.states import Status

__all__ = ["ChargeStop", "Payment", "PaymentEvent", "Purpose", "Status", "WebhookEvent"]
