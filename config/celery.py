"""The Celery app, and what beat starts by itself."""

import os

from celery import Celery
from celery.schedules import crontab

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("midway")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

BEHIND = 6  # of messages: what a person waits for has 0, and overtakes what nobody watches

app.conf.beat_schedule = {
    # A message that was never published costs the customer at most this long.
    "enqueue-waiting-payments": {"task": "payments.tasks.enqueue_waiting_payments", "schedule": 15},
    # A rebill is due at a minute; what nobody could take up then is found a minute later.
    "bill-due-subscriptions": {
        "task": "payments.tasks.bill_due_subscriptions",
        "schedule": 60,
        "options": {"priority": BEHIND},
    },
    # As above, of the rebills: their lanes send for themselves, and this starts those that stand still.
    "enqueue-rebills": {"task": "payments.tasks.enqueue_rebills", "schedule": 15, "options": {"priority": BEHIND}},
    # Shorter than an operator's patience with "being settled"; each row has its own, growing pause besides.
    "reconcile-stuck-payments": {"task": "payments.tasks.reconcile_stuck_payments", "schedule": 20},
    # An operator who was told "being settled" waits beside the page; refunds made at Stripe show as soon.
    "sweep-refunds": {"task": "payments.tasks.sweep_refunds", "schedule": 20},
    # Rare, and a customer's money: a bank confirmed a payment in the moment in which its order was cancelled.
    "sweep-late-money": {"task": "payments.tasks.sweep_late_money", "schedule": crontab(minute=40)},
    # Stripe was told 200, so nobody but us will try a stored event again.
    "enqueue-waiting-events": {"task": "payments.tasks.enqueue_waiting_events", "schedule": 20},
    # An operator who was told "not known yet" looks again within the minute; each answer has its own, growing pause.
    "enqueue-unsettled-answers": {"task": "payments.tasks.enqueue_unsettled_answers", "schedule": 30},
    # A dispute lasts for weeks and its events are in the inbox: once a night finds those that were lost on the way.
    "look-after-disputes": {"task": "payments.tasks.look_after_disputes", "schedule": crontab(hour=4, minute=10)},
    # Who closed the bank's page is written to after ten minutes; a minute more or less is the same to them.
    "remind-unconfirmed": {"task": "payments.tasks.remind_unconfirmed", "schedule": 60},
    # An upsell whose answer was lost is settled by reconciliation; until it is taken off, its order looks unpaid.
    "take-off-unpaid-upsells": {"task": "payments.tasks.take_off_unpaid_upsells", "schedule": 60},
    # A customer looks for the receipt within the minute.
    "send-receipts": {"task": "payments.tasks.send_receipts", "schedule": 60},
    # A link to confirm a payment or to pay it is waited for; a mail that was not taken pauses by itself.
    "send-mails": {"task": "orders.tasks.send_mails", "schedule": 30},
    # Whoever deleted a campaign with its subscriptions waits for no answer, but no rebill should come in between.
    "cancel-subscriptions": {"task": "orders.tasks.cancel_subscriptions", "schedule": 20},
    # A backup is known by its older pulse: what it may charge a second time unnoticed is this one minute's.
    "beat-pulse": {"task": "payments.tasks.beat_installation_pulse", "schedule": 60},
    # Asks no processor, so often: a mail that a cap is nearly used is worth most before the next sale is refused.
    "check-caps": {"task": "payments.tasks.check_caps", "schedule": 600},
    # Lists a month of charges at each account: once a day, after the go-live checks, when little is sold.
    "compare-caps": {"task": "payments.tasks.compare_caps", "schedule": crontab(hour=3, minute=50)},
    # Thirty days before a card ends there is time to enter another; told in the morning, when mail is read.
    "tell-of-expiring-cards": {"task": "payments.tasks.tell_of_expiring_cards", "schedule": crontab(hour=8, minute=10)},
    # Accounts and webhooks are changed at Stripe by day: what broke is red on the page before the office opens.
    "check-gateways": {"task": "payments.tasks.check_gateways", "schedule": crontab(hour=3, minute=20)},
}
