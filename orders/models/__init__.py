from orders.models.catalog import Campaign, Offer
from orders.models.customers import Address, Card, Customer, VaultedCustomer
from orders.models.sales import Order, OrderLine, PaymentState, order_number, order_pk

__all__ = [
    "Address",
    "Campaign",
    "Card",
    "Customer",
    "Offer",
    "Order",
    "OrderLine",
    "PaymentState",
    "VaultedCustomer",
    "order_number",
    "order_pk",
]
