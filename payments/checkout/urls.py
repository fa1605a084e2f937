from django.urls import path

from payments.checkout import bank_views, campaign_views, card_views, order_views, thanks_views, upsell_views

app_name = "checkout"
urlpatterns = [
    path("c/<str:slug>/", campaign_views.page, name="page"),
    path("c/<str:slug>/quote/", campaign_views.quote_view, name="quote"),
    path("o/<str:slug>/", order_views.order, name="order"),
    path("o/<str:slug>/state/", order_views.order_state, name="order-state"),
    path("o/<str:slug>/secret/", bank_views.order_secret, name="order-secret"),
    path("o/<str:slug>/again/", bank_views.order_again, name="order-again"),
    path("o/<str:slug>/confirmed/", bank_views.order_confirmed, name="order-confirmed"),
    path("o/<str:slug>/thanks/", thanks_views.thanks, name="thanks"),
    path("o/<str:slug>/more/", upsell_views.more, name="order-more"),
    path("card/<str:token>/", card_views.card, name="card"),
    path("card/<str:token>/secret/", card_views.card_secret, name="card-secret"),
    path("card/<str:token>/confirmed/", card_views.card_confirmed, name="card-confirmed"),
    path("l/<str:slug>/", order_views.link, name="link"),
    path("l/<str:slug>/state/", order_views.link_state, name="link-state"),
    path("l/<str:slug>/secret/", bank_views.link_secret, name="link-secret"),
    path("l/<str:slug>/again/", bank_views.link_again, name="link-again"),
    path("l/<str:slug>/confirmed/", bank_views.link_confirmed, name="link-confirmed"),
    path("l/<str:slug>/opened/", order_views.link_opened, name="link-opened"),
]
