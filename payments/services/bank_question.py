"""The bank's question about a payment, shown in the payer's page, and what came of it."""

import uuid

from gateways import stripe_js
from gateways.services import processor_for
from payments.actors import Actor
from payments.models import Payment, Status
from payments.services.reconcile import look_again, reconcile
from payments.services.reserve import PaymentRefused
from payments.services.settle import settle


def client_secret_of(payment: Payment, actor: Actor) -> str:
    """What lets a page show the bank's question; hand it to nobody but the payer's page, and keep it nowhere.

    Whoever did not pass it before is asked again. Call it outside a transaction. Raises PaymentRefused where nothing is
    left to be confirmed, and ProcessorError.
    """
    _check(payment)
    if payment.authentication_failed:
        payment = ask_again(payment, actor)
        _check(payment)
    return processor_for(payment.gateway).client_secret(payment.reference)


def ask_again(payment: Payment, actor: Actor, *, return_url: str = "") -> Payment:
    """Have the bank ask a cardholder who did not confirm once more, about the same card: in the page where it can be
    shown, else at the bank's own, `action_url`, from where they come back to `return_url`.

    The payment takes money once, however often they are asked. Raises PaymentRefused and ProcessorError.
    """
    _check(payment)
    result = processor_for(payment.gateway).ask_again(
        payment.reference,
        key=f"{payment.key}-ask-{uuid.uuid4()}",
        in_page=stripe_js.works_for(payment.gateway),
        return_url=return_url,
    )
    return settle(payment.pk, result, actor)


def _check(payment: Payment) -> None:
    if payment.status != Status.REQUIRES_ACTION or not payment.reference:
        state = payment.get_status_display().lower()
        raise PaymentRefused("payment", f"{payment} is {state}: there is nothing left to confirm.")
    if payment.subscription and payment.off_session and not payment.subscription.bills:
        raise PaymentRefused("payment", f"{payment.subscription} is not billed any longer: nothing is charged.")
    if payment.void_asked_at:
        raise PaymentRefused("payment", f"{payment} is being voided: wait for the answer, and enter a new payment.")


def finish_authentication(payment: Payment) -> Payment:
    """The cardholder has answered the bank: what came of it only the processor knows. Call it outside a transaction."""
    if payment.status == Status.REQUIRES_ACTION:
        look_again(payment)
        reconcile(payment.pk)
        payment.refresh_from_db()
    return payment
