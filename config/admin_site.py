"""Midway's admin site: Django's own, with our name, navigation and home page."""

from typing import Any, cast

from django.contrib.admin import AdminSite
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path

from config.navigation import navigation
from config.sign_in import SignInForm


class MidwayAdminSite(AdminSite):
    site_title = "Midway"
    site_header = "Midway"
    index_title = "Home"
    login_form = SignInForm
    enable_nav_sidebar = False  # ours stands in base.html

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        context = super().each_context(request)
        if not context["has_permission"]:
            return {**context, "navigation": [], "banners": []}
        # Imported late: the site is made while the models are still loading.
        from config.banners import banners  # noqa: PLC0415

        return {**context, "navigation": navigation(self, request), "banners": banners(request)}

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        # Imported late: the site is made while the models are still loading.
        from config.dashboard import home_context  # noqa: PLC0415

        return super().index(request, {**home_context(), **(extra_context or {})})

    def get_urls(self) -> list[Any]:
        # Imported late: the site is made while the models are still loading.
        from payments.reports.pages import report_views  # noqa: PLC0415

        views = [path(f"reports/{address}", self.admin_view(view), name=name) for address, name, view in report_views()]
        return [*views, *super().get_urls()]

    def autocomplete_view(self, request: HttpRequest) -> HttpResponse:
        return cast("HttpResponse", LabelledChoices.as_view(admin_site=self)(request))


class LabelledChoices(AutocompleteJsonView):
    """Drop-downs name a row as its admin's `choice_label` says, where a name alone does not tell which one it is."""

    def serialize_result(self, obj: Model, to_field_name: str) -> dict[str, str]:
        result: dict[str, str] = super().serialize_result(obj, to_field_name)
        label = getattr(self.model_admin, "choice_label", None)
        return {**result, "text": label(obj)} if label else result
