"""The sales order's page with its payment entry."""

from django.contrib import admin

from orders.admin.orders import OrderAdmin
from orders.models import Order
from payments.admin.entry import PaymentEntry
from payments.entry_document import Document
from payments.models import Payment
from payments.services.balances import balance_of


@admin.register(Order)
class SalesOrderAdmin(PaymentEntry, OrderAdmin):
    change_form_template = "admin/payments/entry/sales_order.html"

    def document_of(self, row: Order) -> Document:
        balance = balance_of(row)
        return Document("orders_order", row.pk, row, balance, balance.due, Payment.objects.filter(order=row))
