"""What may be done on a dispute's page: answer it, accept it, look again. Each asks first, and does it once."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST

from gateways.models import SECRETS
from gateways.processors.base import ProcessorError
from payments.actors import operator
from payments.admin.dispute_forms import AcceptForm, EvidenceForm
from payments.models import Dispute, DisputeAnswer
from payments.services.dispute_answers import (
    ANSWERABLE,
    Answered,
    DisputeRefused,
    accept_dispute,
    answer_dispute,
)
from payments.services.disputes import refresh_dispute
from payments.services.evidence_draft import known_evidence

HIDDEN = ("payment__draft", *(f"gateway__{name}" for name in SECRETS))


class DisputeActions(admin.ModelAdmin):  # type: ignore[type-arg]
    """For an admin of disputes: three more addresses under each."""

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/answer/", wrap(self.answer_view), name="payments_dispute_answer"),
            path("<int:pk>/accept/", wrap(self.accept_view), name="payments_dispute_accept"),
            path("<int:pk>/look/", wrap(self.look_view), name="payments_dispute_look"),
            *super().get_urls(),
        ]

    def answer_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The form, then a page that shows what will be sent, then the deed: `step` says which was pressed."""
        dispute = self._dispute(request, pk)
        step = request.POST.get("step", "")
        form = EvidenceForm(request.POST if step else None, None if step else known_evidence(dispute))
        if not step or step == "change" or not form.is_valid():
            return self._page(request, dispute, "answer", form, bad=step in {"review", "send"})
        if step != "send":
            return self._page(request, dispute, "review", form)
        try:
            token = form.cleaned_data["form_token"]
            done = answer_dispute(pk, form.evidence, operator(request.user), form_token=token)
        except DisputeRefused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
            return self._page(request, dispute, "answer", form, bad=True)
        return _told(request, done)

    def accept_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        dispute = self._dispute(request, pk)
        form = AcceptForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            try:
                return _told(
                    request, accept_dispute(pk, operator(request.user), form_token=form.cleaned_data["form_token"])
                )
            except DisputeRefused as refusal:
                form.add_error(None, refusal.message)
        return self._page(request, dispute, "accept", form, bad=bool(form.errors))

    @method_decorator(require_POST)
    def look_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Harmless however often it is pressed."""
        self._dispute(request, pk)
        try:
            seen = refresh_dispute(pk, operator(request.user))
        except ProcessorError as error:
            messages.warning(request, f"{error.message} Nothing has changed: try again in a minute.")
        else:
            messages.success(request, f"Looked again: {seen.get_status_display()}.")
        return HttpResponseRedirect(_page_of(pk))

    def _page(
        self, request: HttpRequest, dispute: Dispute, deed: str, form: AcceptForm, *, bad: bool = False
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"{'Accept' if deed == 'accept' else 'Answer'} the dispute of {dispute.payment}",
            "dispute": dispute,
            "payment": dispute.payment,
            "deed": deed,
            "form": form,
            "on_its_way": dispute.answers.filter(settled_at=None).first(),
            "may_act": dispute.status in ANSWERABLE,
        }
        return render(request, f"admin/payments/dispute/{deed}.html", context, status=400 if bad else 200)

    def _dispute(self, request: HttpRequest, pk: int) -> Dispute:
        if not request.user.has_perm("payments.change_dispute"):
            raise PermissionDenied
        rows = Dispute.objects.select_related("gateway", "payment__order__customer", "payment__order__address")
        dispute = rows.defer(*HIDDEN).filter(pk=pk).first()
        if dispute is None:
            raise Http404("no such dispute")
        return dispute


def _page_of(pk: int) -> str:
    return reverse("admin:payments_dispute_change", args=[pk])


def _told(request: HttpRequest, done: Answered) -> HttpResponse:
    answer = done.answer
    if done.repeated:
        messages.info(request, "This form was sent before: nothing was sent again.")
    elif answer.status == DisputeAnswer.Status.DONE:
        accepted = answer.kind == DisputeAnswer.Kind.ACCEPT
        messages.success(request, "The dispute is accepted." if accepted else "The evidence was sent to the bank.")
    elif answer.is_open:
        messages.warning(
            request, "The processor has not answered, so it is not known whether it heard. Midway finds out by itself."
        )
    else:
        messages.error(request, answer.message)
    return HttpResponseRedirect(_page_of(answer.dispute_id))
