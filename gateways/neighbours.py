"""The rows that stand beside a form in a split view: those of the list that one came from, with its filters."""

from copy import copy
from typing import Any

from django.contrib.admin import ModelAdmin
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, QueryDict


def neighbours(model_admin: "ModelAdmin[Any]", request: HttpRequest) -> list[Any]:
    """Filters that mean nothing (somebody edited the address) show the first page of all rows."""
    page = copy(request)
    page.GET = QueryDict(request.GET.get("_changelist_filters", ""))
    try:
        return list(model_admin.get_changelist_instance(page).result_list)
    except (IncorrectLookupParameters, SuspiciousOperation):
        return list(model_admin.get_queryset(request)[: model_admin.list_per_page])
