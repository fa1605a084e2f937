"""Celery's side of orders: mails that wait are sent, subscriptions of deleted campaigns are cancelled."""

from celery import shared_task

from orders.services.campaign_end import campaigns_to_end, cancel_subscriptions_of
from orders.services.mails import due_mails, send_mail


@shared_task(name="orders.tasks.send_mails")
def send_mails() -> None:
    for mail_pk in due_mails():
        send_mail(mail_pk)


@shared_task(name="orders.tasks.cancel_subscriptions")
def cancel_subscriptions() -> None:
    for campaign_pk in campaigns_to_end():
        cancel_subscriptions_of(campaign_pk)
