from orders.models.campaigns import Campaign, CampaignGateway, CampaignQuerySet, Coupon, Staff
from orders.models.catalog import Offer, OfferCycle, OfferGateway
from orders.models.customers import Address, Card, Customer, VaultedCustomer
from orders.models.mail import Mail
from orders.models.sales import Order, OrderLine, PaymentState, order_number, order_pk
from orders.models.shipping import ShipDoc, ShipDocLine
from orders.models.subscriptions import Subscription, SubscriptionEvent, subscription_number, subscription_pk

__all__ = [
    "Address",
    "Campaign",
    "CampaignGateway",
    "CampaignQuerySet",
    "Card",
    "Coupon",
    "Customer",
    "Mail",
    "Offer",
    "OfferCycle",
    "OfferGateway",
    "Order",
    "OrderLine",
    "PaymentState",
    "ShipDoc",
    "ShipDocLine",
    "Staff",
    "Subscription",
    "SubscriptionEvent",
    "VaultedCustomer",
    "order_number",
    "order_pk",
    "subscription_number",
    "subscription_pk",
]
