"""What can go wrong while the demo fleet is built."""


class DemoError(Exception):
    """The demo fleet could not be built; the message says what is wrong and what to do."""
