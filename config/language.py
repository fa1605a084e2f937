"""Customers read pages in their language; the office's pages are written in English, and never half in another."""

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.utils import translation

CUSTOMERS = "/pay/"
PARAMETER = "language"


class CustomersLanguage(LocaleMiddleware):
    """By what was chosen on the page, else by the browser; a view that knows its customer may know better."""

    def process_request(self, request: HttpRequest) -> None:
        if not request.path_info.startswith(CUSTOMERS):
            translation.activate(settings.LANGUAGE_CODE)
            request.LANGUAGE_CODE = settings.LANGUAGE_CODE
            return
        super().process_request(request)
        if chosen := chosen_language(request):
            translation.activate(chosen)
            request.LANGUAGE_CODE = chosen

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        response = super().process_response(request, response)
        if request.path_info.startswith(CUSTOMERS) and (chosen := chosen_language(request)):
            response.set_cookie(
                settings.LANGUAGE_COOKIE_NAME,
                chosen,
                max_age=settings.LANGUAGE_COOKIE_AGE,
                path=settings.LANGUAGE_COOKIE_PATH,
                secure=settings.LANGUAGE_COOKIE_SECURE,
                httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
                samesite="Lax",
            )
        return response


def chosen_language(request: HttpRequest) -> str:
    """The language of a link that was just followed; empty where it is none of ours."""
    wanted = request.GET.get(PARAMETER, "")
    return wanted if wanted in dict(settings.LANGUAGES) else ""
