"""One order through the real processes: payment entry, a charge in the worker, the signed webhook, settlement."""

import time
from dataclasses import asdict, dataclass
from pathlib import Path

from django.conf import settings
from django.db import connection

from config.processes.house import House
from config.processes.interruption import Interruption
from config.processes.programs import Place
from config.processes.progress import Progress
from config.processes.supervisor import Supervisor
from config.processes.surroundings import Surroundings
from config.smoke.errors import SmokeFailed
from config.smoke.operator import Operator
from config.smoke.sale import Sale, prepare_sale
from gateways import money
from payments.models import Payment, WebhookEvent
from payments.states import Status

PATIENCE = 60.0  # seconds from the form to the settled payment
PAUSE = 0.2


@dataclass(frozen=True)
class Report:
    order: str
    payment: str
    status: str
    amount: int
    currency: str
    gateway: str
    reference: str
    webhook_received: bool
    seconds: float

    @property
    def passed(self) -> bool:
        return self.status == Status.CAPTURED and self.webhook_received

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def run_smoke(around: Surroundings, progress: Progress) -> Report:
    """Raises SmokeFailed, Stopped, CannotStart or ProcessDied; the processes are gone in any case."""
    interruption = Interruption()
    interruption.listen()
    data = Path(settings.DATA_DIR)
    place = Place(data, around.variables(data))
    supervisor = Supervisor(data / "logs", interruption)
    with supervisor:
        house = House(supervisor, around, place, progress, f"smoke-{around.web_port}@localhost")
        house.lay_foundations()
        house.collect_static_files()
        house.open_doors()
        try:
            return _sell(house)
        except SmokeFailed as failure:
            tails = "\n".join(f"{child.name}:\n{child.tail()}" for child in supervisor.children)
            raise SmokeFailed(f"{failure}\n{tails}") from None
        finally:
            connection.close()


def _sell(house: House) -> Report:
    url = house.surroundings.web_url
    with house.progress.step("an order to be paid"):
        sale = prepare_sale(url)
    started = time.monotonic()
    with house.progress.step("payment entry"):
        _enter_payment(url, sale)
    with house.progress.step("charge and webhook"):
        payment, webhook_received = _wait_for_news(house, sale)
    return Report(
        order=sale.order.number,
        payment=payment.number,
        status=payment.status,
        amount=payment.amount,
        currency=payment.currency,
        gateway=sale.gateway.name,
        reference=payment.reference,
        webhook_received=webhook_received,
        seconds=round(time.monotonic() - started, 2),
    )


def _enter_payment(url: str, sale: Sale) -> None:
    operator = Operator(url)
    operator.sign_in(sale.user, sale.password)
    amount = str(money.to_decimal(sale.order.total, sale.order.currency))
    operator.enter_payment(sale.order.pk, gateway=sale.gateway.pk, amount=amount, method="test:pm_card_visa")


def _wait_for_news(house: House, sale: Sale) -> tuple[Payment, bool]:
    """The order's payment once it is captured and its webhook applied, or as it is when the patience is over."""
    deadline = time.monotonic() + PATIENCE
    while True:
        house.supervisor.check()
        payment = Payment.objects.filter(order=sale.order).first()
        if payment is None:
            raise SmokeFailed("The form was taken, but the order has no payment.")
        events = WebhookEvent.objects.filter(payment=payment, status=WebhookEvent.Status.APPLIED)
        webhook_received = events.exists()
        if (payment.status == Status.CAPTURED and webhook_received) or time.monotonic() > deadline:
            return payment, webhook_received
        time.sleep(PAUSE)
