"""mailbot takes course signups by mail: it reads an inbox, keeps validated records and answers in Danish."""

__version__ = "0.1.0"
