"""What a gateway's services refuse."""


class GatewayProblem(Exception):
    """A gateway that cannot be saved so: `field` is the model's field, `message` says what is wrong and the remedy."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message
