from payments.admin.sales_orders import SalesOrderAdmin

__all__ = ["SalesOrderAdmin"]
