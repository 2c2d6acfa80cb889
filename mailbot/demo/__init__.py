"""Try the whole service without a mailbox: an embedded mail server and a sample inbox."""


class MissingExtraError(ImportError):
    """The libraries that only this room needs are not installed."""

    def __init__(self) -> None:
        super().__init__('the embedded mail server is not installed with the basic package; add it with: pip install "mailbot[demo]"')
