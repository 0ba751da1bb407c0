"""Every error of the edge, in two families: try again, and never again.

EdgeError
├── SettingsError        the configuration is wrong; every mistake is named at once
├── SourceError          a device could not be read
│   ├── SourceUnavailableError    try again: no connection, no answer, a broken frame, busy
│   └── SourceUnusableError       an answer arrived and makes no sense; a person should look
├── CaptureError         a capture file is not one, or nothing in it can be decoded
├── SpoolError           the spool file cannot be used
└── DeliveryError        the server could not be reached or gave no verdict; the readings stay
"""


class EdgeError(Exception):
    """The root; its text is one sentence for the person who runs the daemon."""


class SettingsError(EdgeError):
    """One or more settings are missing or wrong."""

    def __init__(self, mistakes: list[str]) -> None:
        """Keep each mistake, one sentence each."""
        self.mistakes = mistakes
        super().__init__("\n".join(mistakes))


class SourceError(EdgeError):
    """A device could not be read this time."""


class SourceUnavailableError(SourceError):
    """No connection, no answer, a broken frame or a busy device: trying again may help."""


class SourceUnusableError(SourceError):
    """The device answered, and the answer makes no sense."""


class CaptureError(EdgeError):
    """A file is not a capture, or holds nothing that can be decoded."""


class SpoolError(EdgeError):
    """The spool file cannot be opened, read or written."""


class DeliveryError(EdgeError):
    """The server gave no verdict on a batch; every reading of it stays."""
