"""Lets ``twistd chat`` and ``twist chat`` find the server. A pointer, nothing else."""

from twisted.application.service import ServiceMaker

from twisted_chat.auth.files import Argon2Files

chat = ServiceMaker(
    "twisted-chat", "twisted_chat.service", "A chat server for nc, telnet and JSON lines", "chat"
)

passwords = Argon2Files()
