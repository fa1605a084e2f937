from payments.models.payment import Payment, PaymentEvent, Purpose
from payments.models.webhook_event import WebhookEvent
from payments.states import Status

__all__ = ["Payment", "PaymentEvent", "Purpose", "Status", "WebhookEvent"]
