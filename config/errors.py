"""Error pages: what happened, and what to do next."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    context = {
        "title": "This form is no longer valid",
        "detail": "Nothing was saved or charged. The page was open for too long, or cookies are blocked.",
        "remedy": "Go back, reload the page and send the form again.",
    }
    return render(request, "error.html", context, status=403)
