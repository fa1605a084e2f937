"""Midway's admin site: Django's own, with our name, navigation and home page."""

from django.contrib.admin import AdminSite


class MidwayAdminSite(AdminSite):
    site_title = "Midway"
    site_header = "Midway"
    index_title = "Home"
