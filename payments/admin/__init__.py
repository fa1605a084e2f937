from payments.admin.api_keys import ApiKeyAdmin
from payments.admin.campaigns import MerchantCampaignAdmin
from payments.admin.caps import CapCheckAdmin
from payments.admin.charge_stops import ChargeStopAdmin
from payments.admin.disputes import DisputeAdmin
from payments.admin.gateways import MerchantGatewayAdmin
from payments.admin.holds import HoldAdmin
from payments.admin.installation import InstallationAdmin
from payments.admin.offers import MerchantOfferAdmin
from payments.admin.payments import PaymentAdmin
from payments.admin.refunds import RefundAdmin
from payments.admin.sales_orders import SalesOrderAdmin
from payments.admin.ship_docs import ShippingAdmin
from payments.admin.subscriptions import BilledSubscriptionAdmin
from payments.admin.webhook_events import WebhookEventAdmin

__all__ = [
    "ApiKeyAdmin",
    "BilledSubscriptionAdmin",
    "CapCheckAdmin",
    "ChargeStopAdmin",
    "DisputeAdmin",
    "HoldAdmin",
    "InstallationAdmin",
    "MerchantCampaignAdmin",
    "MerchantGatewayAdmin",
    "MerchantOfferAdmin",
    "PaymentAdmin",
    "RefundAdmin",
    "SalesOrderAdmin",
    "ShippingAdmin",
    "WebhookEventAdmin",
]
