"""What the services of orders refuse."""


class OrderProblem(Exception):
    """An order that cannot be saved so: `field` is the form's field, `message` says what is wrong and the remedy."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message
