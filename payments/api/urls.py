from django.urls import path

from payments.api import views

app_name = "api"
urlpatterns = [
    path("openapi.json", views.openapi, name="openapi"),
    path("orders", views.orders, name="orders"),
    path("orders/<str:number>", views.order, name="order"),
    path("orders/<str:number>/payments", views.payments, name="payments"),
    path("return/<str:slug>/", views.come_back, name="return"),
]
