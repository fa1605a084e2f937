"""Shows what a service refuses as an error on the form's field, with nothing saved.

Django's change view is one transaction. A service that refuses inside it raises; the transaction is rolled back, and
the form is shown again with the refusal on it.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse


class ShowsRefusal:
    """For a form: puts the refusal (it has `field` and `message`) on its field, or above the form when it has none."""

    refusal: Any = None

    def clean(self) -> Any:
        cleaned = super().clean()  # type: ignore[misc]
        if self.refusal is not None:
            known = self.refusal.field in self.fields  # type: ignore[attr-defined]
            self.add_error(self.refusal.field if known else None, self.refusal.message)  # type: ignore[attr-defined]
        return cleaned


class RefusalsInForm(admin.ModelAdmin):  # type: ignore[type-arg]
    """For an admin whose saving goes through a service that may raise one of `refusals`."""

    refusals: tuple[type[Exception], ...] = ()

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except self.refusals as refusal:
            remember(request, refusal)
            return super().changeform_view(request, object_id, form_url, extra_context)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> type[forms.ModelForm[Any]]:
        form = super().get_form(request, obj, change=change, **kwargs)
        return type(form.__name__, (form,), {"refusal": remembered(request)})


def remember(request: HttpRequest, refusal: Exception) -> None:
    request.refusal = refusal  # type: ignore[attr-defined]


def remembered(request: HttpRequest) -> Exception | None:
    return getattr(request, "refusal", None)
