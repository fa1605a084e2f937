"""Bills the next cycle of a subscription now, from the reservation to the settlement."""

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from config import local_stripe
from gateways import money
from orders.models import Subscription, subscription_pk
from payments import actors
from payments.models import Payment
from payments.services.force_bill import force_bill
from payments.services.reserve import PaymentRefused
from payments.services.submit import submit
from payments.states import Status

WRONG_USAGE = 2


class Command(BaseCommand):
    help = (
        "Force Bill NOW: takes the next cycle of a subscription at once. The date of the cycle after it stays as it "
        "was. Ends with 0 when it was captured, 1 when it was declined, refused or its outcome is unknown, 2 on wrong "
        "usage."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("subscription", metavar="SUBSCRIPTION", help="its number, such as SUB-1001")
        parser.add_argument("--json", action="store_true", help="the outcome as one object on the last line")

    def handle(self, *args: Any, **options: Any) -> None:
        subscription = self._subscription(options["subscription"])
        cycle = subscription.cycle + 1
        try:
            with local_stripe.reaching(subscription.gateway):
                payment = self._bill(subscription)
        except PaymentRefused as refusal:
            self.stderr.write(refusal.message)
            payment = None
        if payment:
            self._tell(subscription, payment)
        if options["json"]:
            self.stdout.write(json.dumps(report(subscription, cycle, payment)))
        sys.exit(0 if payment and payment.status == Status.CAPTURED else 1)

    def _subscription(self, text: str) -> Subscription:
        pk = subscription_pk(text)
        if pk is None:
            raise CommandError(
                f"“{text}” is no subscription: give its number, such as SUB-1001.", returncode=WRONG_USAGE
            )
        try:
            return Subscription.objects.select_related("gateway").get(pk=pk)
        except Subscription.DoesNotExist:
            raise CommandError(f"There is no subscription {text}.", returncode=WRONG_USAGE) from None
        except DatabaseError as error:
            raise CommandError(f"The database is not ready ({error}): run “manage.py migrate” first.") from None

    def _bill(self, subscription: Subscription) -> Payment:
        actor = actors.command("force_bill")
        payment = force_bill(subscription, actor).payment
        submit(payment.pk, actor)
        payment.refresh_from_db()  # a worker may have been quicker
        return payment

    def _tell(self, subscription: Subscription, payment: Payment) -> None:
        amount = money.plain(payment.amount, payment.currency)
        self.stdout.write(f"{subscription}, cycle {payment.cycle}: {payment}, {amount}. {payment.headline}.")
        if payment.status != Status.CAPTURED:
            self.stdout.write(payment.explanation)


def report(subscription: Subscription, cycle: int, payment: Payment | None) -> dict[str, Any]:
    """`amount` in minor units. What was refused has no payment."""
    return {
        "subscription": subscription.number,
        "cycle": cycle,
        "payment": payment.number if payment else "",
        "status": payment.status if payment else "refused",
        "amount": payment.amount if payment else 0,
        "reference": payment.reference if payment else "",
    }
