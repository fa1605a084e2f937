"""Fills an empty Midway with a merchant's month; what is there already is kept."""

from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config import local_stripe
from config.demo_data import catalog, month, people, shop
from gateways import clock
from gateways.models import Gateway, MonthlyVolume
from gateways.processors.base import ProcessorError
from gateways.services import GatewayProblem
from gateways.volume import month_of
from orders.models import Customer, Order
from orders.services.orders import create_order

NEARLY = 94  # percent of its cap that the third gateway has used
WITH_NEWS = 6  # the last orders, whose webhooks are delivered
OWN_ORDERS = 12


class Command(BaseCommand):
    help = "Fills Midway with demo data. Run it as often as you like: it adds what is missing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--password", help="makes the user “demo” with this password, if there is none")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.STRIPE_SECRET_KEY.startswith(("sk_live_", "rk_live_")):
            raise CommandError("STRIPE_SECRET_KEY is a live key: demo orders would charge real money. Use a test key.")
        if local_stripe.is_wanted():
            local_stripe.use_in_process()
        if options["password"]:
            self._make_user(options["password"])
        try:
            if settings.STRIPE_SECRET_KEY:
                self._seed_own_account()
            else:
                self._seed_month()
        except GatewayProblem as problem:
            raise CommandError(f"{problem.field}: {problem.message}") from problem
        except ProcessorError as error:
            raise CommandError(f"{settings.STRIPE_API_BASE} does not do its part: {error.message}") from error

    def _make_user(self, password: str) -> None:
        if not User.objects.filter(username="demo").exists():
            User.objects.create_superuser("demo", "demo@example.com", password)

    def _seed_month(self) -> None:
        gateways = shop.local_gateways()
        campaigns = shop.campaigns(("USD", "EUR"))
        catalog.stock_up(campaigns)
        catalog.assign_gateways(campaigns[0], [gateways[0], gateways[2]])
        americans, europeans = people.make_people()
        sides = [
            month.Side(campaigns[0], americans, [gateways[0], gateways[0], gateways[2]]),
            month.Side(campaigns[1], europeans, [gateways[1]]),
        ]
        chapters = month.plan(sides, clock.now())
        done = Order.objects.filter(campaign__in=campaigns).count()
        last = len(chapters) - WITH_NEWS
        self._tell(chapters[done:last], "orders")
        for gateway in gateways:
            shop.announce(gateway)
        self._tell(chapters[max(done, last) : -1], "orders of today")
        if done < len(chapters):  # the last order takes no money; until it is made, an interrupted run comes back here
            bring_near_its_cap(gateways[2])
        self._tell(chapters[max(done, len(chapters) - 1) :], "order that waits to be paid")
        self.stdout.write(f"Demo data: {Order.objects.count()} orders, {Customer.objects.count()} customers.")

    def _tell(self, chapters: list[month.Chapter], what: str) -> None:
        for count, _ in enumerate(month.tell(chapters), start=1):
            if count % 20 == 0 or count == len(chapters):
                self.stdout.write(f"  {count} of {len(chapters)} {what}")
                self.stdout.flush()

    def _seed_own_account(self) -> None:
        """With a real test key: things to sell, and orders that wait to be paid. Nothing is charged."""
        gateway = shop.own_gateway()
        campaigns = shop.campaigns((gateway.currency, gateway.currency))
        catalog.stock_up(campaigns)
        campaign = campaigns[0]
        americans, _ = people.make_people()
        offers = list(catalog.goods_of(campaign))
        done = Order.objects.filter(campaign=campaign).count()
        for number in range(done, OWN_ORDERS):
            create_order(americans[number], campaign, [(offers[number % len(offers)], 1 + number % 2)])
        self.stdout.write(f"Demo data: {OWN_ORDERS} orders wait to be paid through {gateway}.")


def bring_near_its_cap(gateway: Gateway) -> None:
    """A cap that the month's sales have nearly used: in whole hundreds of the currency, or in ones of a young month."""
    volume = MonthlyVolume.objects.filter(gateway=gateway, month=month_of(gateway, clock.now())).first()
    if volume and volume.used:
        step = 10_000 if volume.used > 200_000 else 100
        cap = -(-volume.used * 100 // NEARLY // step) * step
        Gateway.objects.filter(pk=gateway.pk).update(monthly_cap=max(cap, volume.used))
