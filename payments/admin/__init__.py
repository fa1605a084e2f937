from payments.admin.payments import PaymentAdmin
from payments.admin.sales_orders import SalesOrderAdmin
from payments.admin.webhook_events import WebhookEventAdmin

__all__ = ["PaymentAdmin", "SalesOrderAdmin", "WebhookEventAdmin"]
