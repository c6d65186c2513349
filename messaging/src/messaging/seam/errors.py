"""What can go wrong, one class for each way to recover.

The tree (a test compares this drawing with the classes)::

    MessagingError
    ├── SettingsError            mend the setting that it names
    ├── MalformedMessage         dead-letter the message (pub/sub: count and log it)
    ├── MessageTooLarge          send a shorter one, or let both sides take it
    ├── NotReplicated            nothing, or accept the risk: it is stored, but not as safely as asked
    ├── BacklogFull              wait until the consumers have caught up, then send again
    ├── ConnectionLost           connect again, with backoff
    ├── ServerNotReady           the same, a moment later
    │   ├── ServerLoading        ... when the server has read its data
    │   └── ServerReadOnly       ... when there is a new primary
    └── ServerRefused            have somebody mend the server or its data
        ├── AccessDenied         ... the user's name or password
        ├── NotPermitted         ... the user's rights
        ├── WrongType            ... the key that holds something else
        ├── GroupExists          ... nothing: choose another name, or drop the group
        ├── OutOfMemory          ... the memory limit
        └── ServerTooOld         ... the server's version

Every class carries its facts as fields, and its text ends with the mend.
"""

from __future__ import annotations


class MessagingError(Exception):
    """Base of every error that this library raises on purpose."""


class SettingsError(MessagingError):
    """A setting cannot be used.

    Attributes:
        key: the environment variable, as the user wrote it.
        value: its value, masked where it is a secret.
        mend: what to do.
    """

    def __init__(self, key: str, value: str, mend: str) -> None:
        """Say which setting, what it holds and what to do."""
        self.key, self.value, self.mend = key, value, mend
        super().__init__(f"{key}={value}: {mend}")


class MalformedMessage(MessagingError):
    """Bytes that are not a message of ours.

    Attributes:
        field: the offending JSON key, or "" when the whole is at fault.
        reason: what is wrong with it.
    """

    def __init__(self, field: str, reason: str) -> None:
        """Say which field is wrong, and how."""
        self.field, self.reason = field, reason
        super().__init__(f"{field}: {reason}" if field else reason)


class MessageTooLarge(MessagingError):
    """A message is larger than its consumers accept; it was not sent.

    Attributes:
        size: of its JSON, in bytes.
        limit: what MESSAGE_BYTES allows.
    """

    def __init__(self, size: int, limit: int) -> None:
        """Say how large it is."""
        self.size, self.limit = size, limit
        super().__init__(
            f"the message has {size} bytes and MESSAGE_BYTES is {limit}: send a shorter one, or raise it on both sides"
        )


class BacklogFull(MessagingError):
    """The destination holds as many messages as MAX_LENGTH allows; nothing was sent.

    Attributes:
        destination: the list or stream.
        length: what it holds.
        limit: what it may hold.
    """

    def __init__(self, destination: str, length: int, limit: int) -> None:
        """Say what is full."""
        self.destination, self.length, self.limit = destination, length, limit
        super().__init__(
            f"{destination} holds {length} messages and MAX_LENGTH is {limit}: add consumers, or raise MAX_LENGTH"
        )


class NotReplicated(MessagingError):
    """Too few copies confirmed a message in time: it is stored, and a failover may forget it.

    Attributes:
        destination: the list or stream.
        asked: what was waited for.
        answer: what the server said.
    """

    def __init__(self, destination: str, asked: str, answer: str) -> None:
        """Say what was asked for and what came."""
        self.destination, self.asked, self.answer = destination, asked, answer
        super().__init__(
            f"{destination} was written, but {asked} got {answer}: "
            "look after the replicas, or raise PUBLISH_WAIT_TIMEOUT"
        )


class ConnectionLost(MessagingError):
    """The server cannot be reached, or went away before it answered.

    Attributes:
        address: "host:port" of the server.
        sent: True when the request may have been carried out, so that its outcome is unknown;
            False when it is certain that it was not.
    """

    def __init__(self, address: str, reason: str, *, sent: bool) -> None:
        """Say which server, why, and whether the request may have reached it."""
        self.address, self.sent = address, sent
        super().__init__(f"no answer from Redis at {address}: {reason}")


class ServerNotReady(MessagingError):
    """The server answers, but not this request at this moment; nothing was changed.

    Attributes:
        reply: the server's own words.
    """

    mend = "the request is tried again"

    def __init__(self, reply: str) -> None:
        """Keep the server's words and add the mend."""
        self.reply = reply
        super().__init__(f"{reply}: {self.mend}")


class ServerLoading(ServerNotReady):
    """LOADING: the server is reading its data into memory after a start."""

    mend = "the server is loading its data; the request is tried again"


class ServerReadOnly(ServerNotReady):
    """READONLY: this server is a replica; after a failover the primary is another one."""

    mend = "this server is a replica; the primary is looked up and the request tried again"


class ServerRefused(MessagingError):
    """The server refused the request for good; nothing was changed.

    Attributes:
        reply: the server's own words.
    """

    mend = "mend the server's configuration or data"

    def __init__(self, reply: str) -> None:
        """Keep the server's words and add the mend."""
        self.reply = reply
        super().__init__(f"{reply}: {self.mend}")


class AccessDenied(ServerRefused):
    """WRONGPASS or NOAUTH: the user's name or password is wrong."""

    mend = "check REDIS_USERNAME and REDIS_PASSWORD"


class NotPermitted(ServerRefused):
    """NOPERM: the user lacks the right to this command, key or channel."""

    mend = "give the user this right with ACL SETUSER (docs/protocol.md lists what is needed)"


class WrongType(ServerRefused):
    """WRONGTYPE: a key of ours holds another type of value."""

    mend = "another program uses this key; choose another name for the destination or delete the key"


class GroupExists(ServerRefused):
    """BUSYGROUP: a consumer group of this name reads the stream already."""

    mend = "choose another name, or drop the group when nobody needs it"


class OutOfMemory(ServerRefused):
    """OOM: the server has reached its memory limit and takes no more messages."""

    mend = "raise maxmemory, or let the consumers catch up"


class ServerTooOld(ServerRefused):
    """The server lacks a command that we need."""

    mend = "use Redis 7.0 or Valkey 7.2, or later (7.2 of either for PUBLISH_WAIT_FSYNC)"
