from orders.admin.campaigns import CampaignAdmin
from orders.admin.coupons import CouponAdmin
from orders.admin.customers import AddressAdmin, CustomerAdmin
from orders.admin.mails import MailAdmin
from orders.admin.offers import OfferAdmin
from orders.admin.orders import OrderAdmin
from orders.admin.staff import StaffAdmin

__all__ = [
    "AddressAdmin",
    "CampaignAdmin",
    "CouponAdmin",
    "CustomerAdmin",
    "MailAdmin",
    "OfferAdmin",
    "OrderAdmin",
    "StaffAdmin",
]
