"""Customers who introduce themselves, on a page or through an API: found by their e-mail address, or new."""

from dataclasses import asdict, dataclass

from orders.models import Address, Customer


@dataclass(frozen=True)
class Buyer:
    name: str
    email: str
    phone: str = ""
    language: str = ""


@dataclass(frozen=True)
class Place:
    line1: str
    city: str
    country: str
    line2: str = ""
    region: str = ""
    postal_code: str = ""


def customer_for(buyer: Buyer) -> Customer:
    """Whoever knows an e-mail address can buy for it, but changes nothing that is known of its owner."""
    email = buyer.email.strip().lower()
    known = {"name": buyer.name.strip(), "phone": buyer.phone.strip(), "language": buyer.language}
    customer, _ = Customer.objects.get_or_create(email=email, defaults=known)
    return customer


def address_for(customer: Customer, place: Place) -> Address:
    """The customer's address that reads so, or a new one."""
    known = customer.addresses.filter(**asdict(place)).first()
    return known or customer.addresses.create(**asdict(place))
