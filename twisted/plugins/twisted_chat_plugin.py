"""Lets ``twistd chat`` and ``twist chat`` find the server, and ``--auth`` its files of passwords. Pointers, nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twisted.application.service import ServiceMaker
from twisted.cred.credentials import IUsernamePassword
from twisted.cred.strcred import ICheckerFactory
from twisted.plugin import IPlugin
from zope.interface import implementer

if TYPE_CHECKING:
    from twisted_chat.auth.files import Argon2File

chat = ServiceMaker(
    "twisted-chat",
    "twisted_chat.app.service",
    "A chat server for nc, telnet and JSON lines",
    "chat",
)


@implementer(ICheckerFactory, IPlugin)
class _Argon2Files:
    authType = "argon2"
    authHelp = """\
A file with one line for each account, NAME:HASH, where the hash is as argon2 writes it ($argon2id$v=19$...).
Empty lines and lines that begin with # are ignored. The file is read when the server starts.
"""
    argStringFormat = "FILE"
    credentialInterfaces = (IUsernamePassword,)

    def generateChecker(self, argstring: str) -> Argon2File:
        from twisted_chat.auth.files import open_file  # noqa: PLC0415  a pointer loads nothing

        return open_file(argstring)


passwords = _Argon2Files()
