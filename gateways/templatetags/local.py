"""Template filters of customers' pages and mails: `{{ order.total|local_money:order.currency }}`."""

from django import template

from gateways import local

register = template.Library()
register.filter("local_money", local.amount)
register.filter("local_day", local.day)
register.filter("local_moment", local.moment)
