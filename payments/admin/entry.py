"""Payment entry on the page of a document: a sales order, or a ship doc."""

from copy import copy
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator

from gateways import stripe_js
from gateways.processors.base import ProcessorError
from payments.actors import operator
from payments.admin.refund_actions import refunds_among
from payments.entry_document import Document
from payments.forms import PaymentEntryForm
from payments.models import Payment, Status
from payments.new_card import BankQuestion, go_on, problem_answer, secret_answer
from payments.services.bank_question import ask_again, client_secret_of, finish_authentication
from payments.services.entry import RawCardsRefused, enter_payment
from payments.services.reconcile import look_again
from payments.services.reserve import PaymentRefused, Reservation, Wish
from payments.states import IN_FLIGHT
from payments.tasks import enqueue_charge, enqueue_reconcile


class PaymentEntry(admin.ModelAdmin):  # type: ignore[type-arg]
    """Mix it in before the document's own admin, say what is paid in `document_of`, include `entry/panel.html`."""

    def document_of(self, row: Any) -> Document:
        raise NotImplementedError

    @property
    def _name(self) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}"

    def get_urls(self) -> list[URLPattern]:
        def at(address: str, view: Any, name: str) -> URLPattern:
            pattern: URLPattern = path(address, self.admin_site.admin_view(view), name=f"{self._name}_payment{name}")
            return pattern

        return [
            at("<int:pk>/payment/", self.payment_view, ""),
            at("<int:pk>/payment/<int:payment_pk>/", self.answer_view, "_answer"),
            at("<int:pk>/payment/<int:payment_pk>/secret/", self.secret_view, "_secret"),
            at("<int:pk>/payment/<int:payment_pk>/confirmed/", self.confirmed_view, "_confirmed"),
            at("<int:pk>/payment/<int:payment_pk>/again/", self.again_view, "_again"),
            *super().get_urls(),
        ]

    # --- the document's page ------------------------------------------------------------------------------------

    @method_decorator(stripe_js.allow_stripe_js)
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        extra = dict(extra_context or {})
        row = self.get_object(request, object_id)
        if row is not None:
            document = self.document_of(row)
            if "payment_intent" in request.GET:
                return self._back_from_the_bank(document, request.GET["payment_intent"])
            extra |= self._panel(request, document, extra.get("entry_form"))
        return super().change_view(request, object_id, form_url, extra)

    def _back_from_the_bank(self, document: Document, reference: str) -> HttpResponse:
        """Stripe sends people back with a client secret in the address: look how it went, and forget the address."""
        payments = document.payments.filter(reference=reference)
        payment = payments.filter(status=Status.REQUIRES_ACTION).first()
        if payment is not None:
            look_again(payment)
            enqueue_reconcile(payment.pk)
        known = payment or payments.first()
        return HttpResponseRedirect(document.answer_page(known) if known else document.page)

    def _panel(self, request: HttpRequest, document: Document, form: PaymentEntryForm | None) -> dict[str, Any]:
        payments = list(document.payments.select_related("gateway").prefetch_related("disputes").order_by("-pk"))
        wanted = request.GET.get("payment", "")
        answer = next((payment for payment in payments if str(payment.pk) == wanted), None)
        return {
            "document": document,
            "balance": document.balance,
            "payments": payments,
            "refunds": refunds_among(document.payments),
            "entry_form": form or PaymentEntryForm(document),
            "may_charge": self._may_charge(request),
            **(_answer(document, answer) if answer else {}),
        }

    def _may_charge(self, request: HttpRequest) -> bool:
        return self.has_change_permission(request) and request.user.has_perm("payments.add_payment")

    # --- the form -----------------------------------------------------------------------------------------------

    def payment_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Takes the payment-entry form. The answer stands on the document's page, so that a reload asks nothing."""
        document = self._document(request, pk)
        if request.method != "POST":
            return HttpResponseRedirect(document.page)
        form = PaymentEntryForm(document, request.POST, getattr(request, "typed_card", None))
        if not form.is_valid():
            return self._with_errors(request, form)
        try:
            reservation = _enter(request, form)
        except PaymentRefused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
            return self._with_errors(request, form, raw_cards_refused=isinstance(refusal, RawCardsRefused))
        payment = reservation.payment
        if reservation.repeated:
            messages.info(request, f"This form was sent before: it made {payment}, and was not charged again.")
        else:
            enqueue_charge(payment.pk)
        return go_on(request, document.answer_page(payment))

    def _with_errors(self, request: HttpRequest, form: PaymentEntryForm, **context: Any) -> HttpResponse:
        page = copy(request)
        page.method = "GET"
        response = self.change_view(page, str(form.document.pk), extra_context={"entry_form": form, **context})
        response.status_code = 400
        return response

    # --- the answer ---------------------------------------------------------------------------------------------

    def answer_view(self, request: HttpRequest, pk: int, payment_pk: int) -> HttpResponse:
        """The part of the page that says how the payment went; asked for each second until it is known."""
        document = self._document(request, pk)
        payment = _payment(document, payment_pk)
        response = render(request, "admin/payments/entry/answer.html", _answer(document, payment))
        return response if payment.status in IN_FLIGHT else _with_fresh_page(response)

    def secret_view(self, request: HttpRequest, pk: int, payment_pk: int) -> HttpResponse:
        """What lets the page show the bank's question. By POST, so that no address or history leads to it."""
        payment = _payment(self._document(request, pk), payment_pk)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        try:
            return secret_answer(client_secret_of(payment, operator(request.user)))
        except PaymentRefused as refusal:
            return problem_answer(refusal.message, 409)
        except ProcessorError as error:
            return problem_answer(error.message, 502)

    def confirmed_view(self, request: HttpRequest, pk: int, payment_pk: int) -> HttpResponse:
        """The cardholder has answered the bank: look what came of it, and say so."""
        document = self._document(request, pk)
        payment = _payment(document, payment_pk)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        payment = finish_authentication(payment)
        response = render(request, "admin/payments/entry/answer.html", _answer(document, payment, ask_now=False))
        return response if payment.status in IN_FLIGHT | {Status.REQUIRES_ACTION} else _with_fresh_page(response)

    def again_view(self, request: HttpRequest, pk: int, payment_pk: int) -> HttpResponse:
        """The cardholder did not confirm, and the page cannot ask them: the bank does, at its own page."""
        document = self._document(request, pk)
        payment = _payment(document, payment_pk)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        try:
            payment = ask_again(payment, operator(request.user), return_url=settings.PUBLIC_URL + document.page)
        except (PaymentRefused, ProcessorError) as error:
            messages.error(request, error.message)
        return HttpResponseRedirect(payment.action_url or document.answer_page(payment))

    def _document(self, request: HttpRequest, pk: int) -> Document:
        if not self._may_charge(request):
            raise PermissionDenied
        row = self.get_object(request, str(pk))
        if row is None:
            raise Http404(f"no such {self.opts.verbose_name}")
        return self.document_of(row)


def _enter(request: HttpRequest, form: PaymentEntryForm) -> Reservation:
    document, given = form.document, form.cleaned_data
    wish = Wish(
        order=document.order,
        gateway=given["gateway"],
        amount=given["amount"],
        actor=operator(request.user),
        capture=given["capture"] == "now",
        form_token=given["form_token"],
        return_path=document.page,
        **document.about,
    )
    return enter_payment(wish, given["method"], form.typed)


def _payment(document: Document, pk: int) -> Payment:
    payment = document.payments.select_related("gateway", "order").filter(pk=pk).first()
    if payment is None:
        raise Http404("no such payment here")
    return payment


def _answer(document: Document, payment: Payment, *, ask_now: bool = True) -> dict[str, Any]:
    """The context of `entry/answer.html`. `ask_now`: the bank's question opens by itself."""
    asks = payment.status == Status.REQUIRES_ACTION and stripe_js.works_for(payment.gateway)
    question = BankQuestion(payment.gateway, document.secret_url(payment), document.confirmed_url(payment))
    return {
        "answer": payment,
        "answer_url": document.answer_url(payment),
        "again_url": document.again_url(payment),
        "bank_question": question if asks and not payment.action_url else None,
        "ask_now": ask_now and not payment.authentication_failed,
    }


def _with_fresh_page(response: HttpResponse) -> HttpResponse:
    """The balance beside the answer has changed as well."""
    response["HX-Refresh"] = "true"
    return response
