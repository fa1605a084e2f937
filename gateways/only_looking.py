"""Who may look and not change sees amounts as money, and shares in per cent, not as the integers that are stored."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import BaseModelAdmin, InlineModelAdmin
from django.http import HttpRequest
from django.utils.safestring import SafeString

from gateways import look


class ShowsMoney(BaseModelAdmin):  # type: ignore[type-arg]
    """For an admin or an inline. `shown_as` names the read-only column that stands for each typed field."""

    shown_as: dict[str, str] = {}

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self._shown(request, obj, super().get_fields(request, obj))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.shown_fieldsets(request, obj, super().get_fieldsets(request, obj))

    def shown_fieldsets(self, request: HttpRequest, obj: Any, fieldsets: Any) -> Any:
        return [
            (title, {**options, "fields": self._shown(request, obj, options["fields"])}) for title, options in fieldsets
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        columns = self.shown_as.values() if self._only_looks(request, obj) else ()
        return [*super().get_readonly_fields(request, obj), *columns]

    def _shown(self, request: HttpRequest, obj: Any, names: Any) -> Any:
        return _replaced(names, self.shown_as) if self._only_looks(request, obj) else names

    def _only_looks(self, request: HttpRequest, obj: Any) -> bool:
        """An inline can be typed into only where the form around it can."""
        if obj is None:
            return False
        admins: list[Any] = [self]
        if isinstance(self, InlineModelAdmin):
            admins.append(self.admin_site.get_model_admin(self.parent_model))
        return not all(one.has_change_permission(request, obj) for one in admins)


def _replaced(names: Any, by: dict[str, str]) -> Any:
    if isinstance(names, str):
        return by.get(names, names)
    return [_replaced(name, by) for name in names]


def money_column(name: str, label: str) -> Callable[[Any, Any], SafeString]:
    """Of a row that knows its currency."""

    @admin.display(description=label)
    def column(_admin: Any, row: Any) -> SafeString:
        return look.amount(getattr(row, name), row.currency)

    return column


def percent_column(name: str, label: str) -> Callable[[Any, Any], str]:
    @admin.display(description=label)
    def column(_admin: Any, row: Any) -> str:
        return look.percent(getattr(row, name))

    return column
