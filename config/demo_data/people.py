"""Forty customers with addresses. None of them exists: example.com can have no readers (RFC 2606)."""

from orders.models import Address, Customer

NAMES = """
Amelia Hart, Noah Bennett, Olivia Reyes, Liam Carter, Sophia Nguyen, Ethan Brooks, Ava Morales, Mason Clarke,
Isabella Foster, Lucas Hayes, Mia Donovan, Henry Walsh, Charlotte Kim, Jack Sullivan, Emily Chen, Owen Patel,
Grace Holloway, Samuel Ortiz, Chloe Ramsey, Daniel Whitfield, Zoe Lindqvist, Caleb Monroe, Nora Fitzgerald,
Isaac Delgado, Ruby Castellano, Jonas Weber, Lena Hoffmann, Paul Schneider, Clara Vogel, Felix Brandt, Marie Dubois,
Antoine Lefevre, Giulia Ferri, Marco Conti, Sofia Almeida, Tiago Santos, Anke de Vries, Pieter Bakker, Elena Popescu,
Mikkel Sorensen
"""
AMERICAN_CITIES = [("Portland", "OR", "97205"), ("Austin", "TX", "78701"), ("Denver", "CO", "80202")]
EUROPEAN_CITIES = [("Berlin", "DE", "10115"), ("Lyon", "FR", "69002"), ("Milano", "IT", "20121")]
FIRST_EUROPEAN = 25


def make_people() -> tuple[list[Customer], list[Customer]]:
    """Americans and Europeans; those that are there already are kept."""
    names = [name.strip() for name in NAMES.replace("\n", " ").split(",")]
    people = [_person(position, name) for position, name in enumerate(names)]
    return people[:FIRST_EUROPEAN], people[FIRST_EUROPEAN:]


def _person(position: int, name: str) -> Customer:
    email = f"{name.lower().replace(' ', '.')}@example.com"
    phone = f"+1 503 555 {1000 + position}" if position < FIRST_EUROPEAN else f"+49 30 5550 {1000 + position}"
    customer, new = Customer.objects.get_or_create(email=email, defaults={"name": name, "phone": phone})
    if new:
        _address(customer, position)
    return customer


def _address(customer: Customer, position: int) -> None:
    street = f"{12 + position * 3} {['Maple Street', 'Cedar Avenue', 'Lindenallee', 'Harbour Road'][position % 4]}"
    if position < FIRST_EUROPEAN:
        city, region, code = AMERICAN_CITIES[position % 3]
        Address.objects.create(
            customer=customer, line1=street, city=city, region=region, postal_code=code, country="US"
        )
    else:
        city, country, code = EUROPEAN_CITIES[position % 3]
        Address.objects.create(customer=customer, line1=street, city=city, postal_code=code, country=country)
