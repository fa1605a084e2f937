from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class MidwayConfig(AppConfig):
    """The house itself: the commands that run Midway's processes."""

    name = "config"


class MidwayAdminConfig(AdminConfig):
    default_site = "config.admin_site.MidwayAdminSite"
