"""Read by gunicorn wherever it starts in this folder."""

# The path without its query, and no referrer: a customer who comes back from the bank brings a client secret there.
access_log_format = "%(t)s %(h)s %(m)s %(U)s %(s)s %(B)s bytes %(M)s ms"
