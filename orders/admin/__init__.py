from orders.admin.catalog import CampaignAdmin, OfferAdmin
from orders.admin.customers import AddressAdmin, CustomerAdmin
from orders.admin.mails import MailAdmin
from orders.admin.orders import OrderAdmin

__all__ = ["AddressAdmin", "CampaignAdmin", "CustomerAdmin", "MailAdmin", "OfferAdmin", "OrderAdmin"]
