"""What can go wrong between us and a model hub, drawn as a tree.

    HubError
    ├── Unreachable      no answer in time, or a connection that breaks, after every retry
    │   └── RateLimited  the hub keeps saying "slow down"
    ├── Refused          the hub answered, and the answer is no
    │   ├── NotFound     no such repository, commit or file (or a private one: hubs do not tell)
    │   ├── Gated        its owner wants terms accepted first
    │   └── Disabled     the hub took it offline
    ├── Malformed        the answer makes no sense: bad JSON, wrong types, absurd sizes
    │   ├── Unsound      what a repository holds, or is called in it, cannot be right
    │   └── Astray       it points to another host, or in circles
    └── FolderError      a folder cannot be served as a hub

Each message is one line that says what is wrong and what to do.
"""


class HubError(Exception):
    """Base of everything this room raises on purpose. `str(error)` is one line."""

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))


class Unreachable(HubError):
    """The hub gave no usable answer, however often it was asked."""


class RateLimited(Unreachable):
    """The hub refuses for now because too much was asked of it."""


class Refused(HubError):
    """The hub understood, and refuses."""


class NotFound(Refused):
    """No such repository, commit or file, or one that this account may not know of."""


class Gated(Refused):
    """The repository's owner wants terms accepted before its files are handed out."""


class Disabled(Refused):
    """The hub has taken the repository offline."""


class Malformed(HubError):
    """The hub, or a file on it, says something that cannot be right."""


class Unsound(Malformed):
    """A repository's own files, or their names, cannot be right: the hub is not to blame."""


class Astray(Malformed):
    """A link or redirect leads to a host that is not the hub's, or back to where it came from."""


class FolderError(HubError):
    """A folder that cannot be served as a hub, or a faults file that cannot be read."""
