from django.urls import path

from payments.webhooks.views import receive

app_name = "webhooks"
urlpatterns = [path("stripe/<slug:slug>/", receive, name="stripe")]
