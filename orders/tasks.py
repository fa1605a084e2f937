"""Celery's side of orders: mails that wait are sent."""

from celery import shared_task

from orders.services.mails import due_mails, send_mail


@shared_task(name="orders.tasks.send_mails")
def send_mails() -> None:
    for mail_pk in due_mails():
        send_mail(mail_pk)
