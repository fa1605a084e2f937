from django.urls import path

from payments.webhooks.views import receive, receive_connect

app_name = "webhooks"
urlpatterns = [
    path("stripe/<slug:slug>/", receive, name="stripe"),
    path("stripe/connect/<slug:slug>/", receive_connect, name="stripe_connect"),
]
