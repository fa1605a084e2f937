from django.contrib.admin.apps import AdminConfig


class MidwayAdminConfig(AdminConfig):
    default_site = "config.admin_site.MidwayAdminSite"
