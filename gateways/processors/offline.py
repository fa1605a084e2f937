"""Cash, cheques and wires: no processor is asked; Midway's own book of receipts answers, through the same verbs."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import NoReturn

from django.db import IntegrityError, transaction
from django.db.models import QuerySet, Sum

from gateways import clock, money
from gateways.models import OfflineReceipt, OfflineRefund
from gateways.processors.base import (
    Account,
    BadSignature,
    CapturedCharge,
    ChargeRequest,
    Draft,
    Event,
    InvalidRequest,
    Outcome,
    Recipient,
    RefundOutcome,
    RefundResult,
    Result,
    SavedCard,
    SavingResult,
    Switches,
    WebhookEndpoint,
    WebhookRegistration,
)
from gateways.processors.disputes import DisputeResult, Evidence

OWN_NUMBERS = "OFF-"


@dataclass(frozen=True)
class Offline:
    """One book of receipts."""

    account_id: str = ""
    livemode: bool = True
    switches: Switches = field(default_factory=Switches)

    def prepare(self, request: ChargeRequest) -> Draft:
        return {
            "our_key": request.our_key,
            "amount": request.amount,
            "currency": request.currency,
            "means": request.payment_method,
            "number": request.receipt,
            "description": request.description,
        }

    def charge(self, draft: Draft, *, key: str) -> Result:
        """Write the receipt. `our_key` makes it one, whatever `key` a replay comes with."""
        written = self._receipts.filter(our_key=draft["our_key"]).first() or self._write(draft)
        return self._result(written)

    def _write(self, draft: Draft) -> OfflineReceipt:
        receipt = OfflineReceipt(
            account_id=self.account_id,
            livemode=self.livemode,
            number=draft["number"] or draft["our_key"],
            our_key=draft["our_key"],
            means=draft["means"],
            amount=draft["amount"],
            currency=draft["currency"],
            received_at=clock.now(),
        )
        try:
            with transaction.atomic():
                receipt.save()
                if not draft["number"]:
                    receipt.number = f"{OWN_NUMBERS}{receipt.pk}"
                    receipt.save(update_fields=["number"])
        except IntegrityError as error:
            raise InvalidRequest(
                f"The receipt number {receipt.number} is in this gateway's book already: look at that payment, or "
                "enter the right number.",
                code="receipt_number_used",
            ) from error
        return receipt

    def authorize(self, draft: Draft, *, key: str) -> Result:
        _refuse("Money that is in hand cannot be held: charge it.")

    def capture(self, reference: str, amount: int, *, key: str) -> Result:
        _refuse("Nothing is held here: money without a processor is taken at once.")

    def void(self, reference: str, *, key: str) -> Result:
        _refuse("Nothing is held here: record a refund instead.")

    @transaction.atomic
    def refund(
        self, reference: str, amount: int, *, key: str, our_key: str = "", reason: str = "", number: str = ""
    ) -> RefundResult:
        """Write down that money was given back; nothing moves by itself. `our_key` makes it one, as with a charge."""
        receipt = self._receipts.select_for_update().filter(number=reference).first()
        if receipt is None:
            _refuse(f"There is no receipt {reference} in this gateway's book.")
        refund = receipt.refunds.filter(key=our_key or key).first()
        if refund is None:
            left = receipt.amount - _refunded(receipt)
            if not 0 < amount <= left:
                _refuse(f"{money.plain(left, receipt.currency)} of {reference} can be given back: enter that or less.")
            refund = OfflineRefund.objects.create(
                receipt=receipt, key=our_key or key, amount=amount, reason=reason[:255], refunded_at=clock.now()
            )
        return _refund_result(receipt, refund)

    def refunds_of(self, reference: str) -> list[RefundResult]:
        receipt = self._receipts.filter(number=reference).first()
        return [_refund_result(receipt, refund) for refund in receipt.refunds.order_by("pk")] if receipt else []

    def verify(self, payment_method: str, customer_reference: str, *, key: str) -> SavedCard:
        _refuse("There are no cards without a processor.")

    def save_from_token(
        self, confirmation_token: str, customer_reference: str, *, key: str, return_url: str = "", in_page: bool = True
    ) -> SavingResult:
        _refuse("There are no cards without a processor.")

    def fetch_saving(self, reference: str) -> SavingResult:
        _refuse("There are no cards without a processor.")

    def ask_again(self, reference: str, *, key: str, in_page: bool, return_url: str = "") -> Result:
        _refuse("There is nobody to confirm money that is in hand.")

    def client_secret(self, reference: str) -> str:
        _refuse("There is nobody to confirm money that is in hand.")

    def fingerprint(self, confirmation_token: str) -> str:
        return ""

    def fetch(self, reference: str) -> Result:
        receipt = self._receipts.filter(number=reference).first()
        if receipt is None:
            _refuse(f"There is no receipt {reference} in this gateway's book.")
        return self._result(receipt)

    def find(self, our_key: str, *, around: datetime) -> Result | None:
        receipt = self._receipts.filter(our_key=our_key).first()
        return self._result(receipt) if receipt else None

    def fetch_dispute(self, reference: str) -> DisputeResult:
        _refuse("There are no disputes without a processor.")

    def list_disputes(self, *, since: datetime) -> list[DisputeResult]:
        return []

    def answer_dispute(self, reference: str, evidence: Evidence, *, key: str) -> DisputeResult:
        _refuse("There are no disputes without a processor.")

    def accept_dispute(self, reference: str, *, key: str) -> DisputeResult:
        _refuse("There are no disputes without a processor.")

    def captured_between(self, start: datetime, end: datetime) -> Iterator[CapturedCharge]:
        for receipt in self._receipts.filter(received_at__gte=start, received_at__lt=end).iterator():
            yield CapturedCharge(receipt.number, receipt.our_key, receipt.amount, receipt.currency, receipt.received_at)

    def account(self) -> Account:
        return Account(self.account_id, "Offline", "", "", charges_enabled=True, payouts_enabled=True)

    def create_customer(self, recipient: Recipient, *, label: str, key: str) -> str:
        _refuse("There are no customers without a processor.")

    def opens_same_account(self, public_key: str) -> bool:
        return False

    def register_webhook(self, url: str, *, connect: bool = False) -> WebhookRegistration:
        _refuse("There are no webhooks without a processor.")

    def list_webhooks(self) -> list[WebhookEndpoint]:
        return []

    def renew_webhook(self, reference: str) -> None:
        _refuse("There are no webhooks without a processor.")

    def delete_webhook(self, reference: str) -> None:
        _refuse("There are no webhooks without a processor.")

    def parse_event(self, body: bytes, signature: str) -> Event:
        raise BadSignature("an offline gateway has no webhooks")

    def read_event(self, body: bytes) -> Event:
        raise ValueError("an offline gateway has no events")

    @property
    def _receipts(self) -> QuerySet[OfflineReceipt]:
        return OfflineReceipt.objects.filter(account_id=self.account_id)

    def _result(self, receipt: OfflineReceipt) -> Result:
        return Result(
            outcome=Outcome.CAPTURED,
            reference=receipt.number,
            amount=receipt.amount,
            currency=receipt.currency,
            livemode=receipt.livemode,
            amount_captured=receipt.amount,
            amount_refunded=_refunded(receipt),
            fee=0,
            net=receipt.amount,
            settled_currency=receipt.currency,
            card_brand=receipt.means,
            our_key=receipt.our_key,
        )


def _refunded(receipt: OfflineReceipt) -> int:
    return receipt.refunds.aggregate(total=Sum("amount"))["total"] or 0


def _refund_result(receipt: OfflineReceipt, refund: OfflineRefund) -> RefundResult:
    return RefundResult(
        reference=f"{receipt.number}-R{refund.pk}",
        amount=refund.amount,
        currency=receipt.currency,
        status=RefundOutcome.SUCCEEDED,
        our_key=refund.key,
        created_at=refund.refunded_at,
    )


def _refuse(message: str) -> NoReturn:
    raise InvalidRequest(message)
