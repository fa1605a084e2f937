"""What a recurring offer bills, and when, in the customer's words."""

from itertools import groupby

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from gateways import local
from orders.models import Offer
from orders.schedule import DAY, Step
from orders.services.plans import plan_of


def billing_words(offer: Offer, quantity: int = 1) -> list[str]:
    """One line for each stretch of rebills that are alike; empty for an offer that is paid once."""
    plan = plan_of(offer)
    if not plan.steps:
        return []
    steps = [step for number in range(2, plan.steps[-1].number + 1) if (step := plan.step(number))]
    stretches = [list(alike) for _key, alike in groupby(steps, key=lambda step: (step.price, step.count, step.unit))]
    lines = [_stretch(alike, quantity, offer.campaign.currency) for alike in stretches]
    if plan.repeats:
        lines[-1] = _for_ever(stretches[-1][-1], quantity, offer.campaign.currency)
    else:
        lines[-1] = _("%(words)s, and then no more") % {"words": lines[-1]}
    return lines


def _stretch(alike: list[Step], quantity: int, currency: str) -> str:
    step, times = alike[0], len(alike)
    if step.unit == DAY:
        words = ngettext("%(amount)s after %(count)d day", "%(amount)s after %(count)d days", step.count)
    else:
        words = ngettext("%(amount)s after %(count)d month", "%(amount)s after %(count)d months", step.count)
    told = words % _values(step, quantity, currency)
    if times == 1:
        return told
    return ngettext("%(words)s, %(times)d time", "%(words)s, %(times)d times", times) % {"words": told, "times": times}


def _for_ever(step: Step, quantity: int, currency: str) -> str:
    if step.unit == DAY:
        words = ngettext(
            "%(amount)s every day, until you cancel", "%(amount)s every %(count)d days, until you cancel", step.count
        )
    else:
        words = ngettext(
            "%(amount)s every month, until you cancel",
            "%(amount)s every %(count)d months, until you cancel",
            step.count,
        )
    return words % _values(step, quantity, currency)


def _values(step: Step, quantity: int, currency: str) -> dict[str, object]:
    return {"amount": local.amount(step.price * quantity, currency), "count": step.count}
