"""The sales order's page with its payment entry."""

from django.contrib import admin

from orders.admin.orders import OrderAdmin
from orders.models import Order
from payments.admin.cancelling import Cancelling
from payments.admin.entry import PaymentEntry
from payments.admin.order_search import FindsByReference
from payments.admin.upsells import Upsells
from payments.entry_document import Document
from payments.models import Payment
from payments.services.balances import balance_of
from payments.services.deposits import open_deposit


@admin.register(Order)
class SalesOrderAdmin(PaymentEntry, Upsells, Cancelling, FindsByReference, OrderAdmin):
    change_form_template = "admin/payments/entry/sales_order.html"

    def document_of(self, row: Order) -> Document:
        balance = balance_of(row)
        payments, now = Payment.objects.filter(order=row), open_deposit(row, balance)
        return Document("orders_order", row.pk, row, balance, balance.due, payments, now=now)
