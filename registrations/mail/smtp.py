"""Talking to a mail server with the patience that RFC 5321 asks for (4.5.3.2).

Django has one timeout for every step. A server may take minutes to look through a mail that it
has in full; whoever gives up on it then sends the same mail again.
"""

from __future__ import annotations

import smtplib
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.mail.backends import smtp

START_MAIL_INPUT = 354
# Steps beside the commands: the text of a mail going out, and the dot that ends it.
TEXT, END = "text", "end"


class NoAnswer(smtplib.SMTPServerDisconnected):
    """The server has the whole mail and did not say whether it takes it: in all the time it has,
    or because the connection went.
    """


class Conversation(smtplib.SMTP):
    """Waits as long for each step as SMTP_PATIENCE says, in seconds; the socket's timeout at
    first is that for reaching the server.
    """

    step = "greeting"

    def putcmd(self, cmd: str, args: str = "") -> None:
        self.step = cmd.partition(" ")[0].lower()
        super().putcmd(cmd, args)

    def send(self, s: Any) -> None:
        self._be_patient()
        super().send(s)
        if self.step == TEXT:
            self.step = END

    def getreply(self) -> tuple[int, bytes]:
        self._be_patient()
        try:
            code, said = super().getreply()
        except smtplib.SMTPServerDisconnected as error:
            if self.step == END:
                raise NoAnswer("no answer after the end of the mail") from error
            raise
        if self.step == END:
            self.step = "answered"
        if self.step == "data" and code == START_MAIL_INPUT:
            self.step = TEXT
        return code, said

    def _be_patient(self) -> None:
        patience: Mapping[str, float] = settings.SMTP_PATIENCE
        if self.sock:
            self.sock.settimeout(patience.get(self.step, patience["other"]))


class ConversationOverTls(Conversation, smtplib.SMTP_SSL):
    """The same for a server that speaks TLS from the first word."""


class EmailBackend(smtp.EmailBackend):
    """Django's own, with that patience."""

    @property
    def has_whole_mail(self) -> bool:
        """Whether the server has a mail in full and is to say what it does with it."""
        return isinstance(self.connection, Conversation) and self.connection.step == END

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return ConversationOverTls if self.use_ssl else Conversation
