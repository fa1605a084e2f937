from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from config.health import healthz

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index"), name="home"),
    path("admin/", admin.site.urls),
    path("api/v1/", include("payments.api.urls")),
    path("webhooks/", include("payments.webhooks.urls")),
    path("pay/", include("payments.checkout.urls")),
    path("healthz", healthz, name="healthz"),
]
