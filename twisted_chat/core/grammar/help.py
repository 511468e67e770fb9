"""What ``/help`` answers, from the table of commands."""

from __future__ import annotations

from typing import Final

from twisted_chat.core.api import replies as r
from twisted_chat.core.grammar.arguments import Spec
from twisted_chat.core.grammar.table import COMMANDS, GROUPS, nearest
from twisted_chat.core.values.text import shown

_FORMS: Final = {
    "?": "? lists who is here (the same as /who).",
    "//": "// TEXT says TEXT exactly as it stands.",
    ">": "TEXT > NICK says TEXT to NICK in private (the same as /msg NICK TEXT).",
}
_GROUP_OF: Final = {spec.name: group for group, specs in GROUPS.items() for spec in specs}


def explain(topic: str | None, *, server_operator: bool, before_login: bool) -> r.Reply:
    """Explain a group or a command; without a topic, list all commands that the person may be able to use.

    A group and a command may have the same name: ``/help rooms`` is the group, ``/help /rooms`` the command.
    """
    if topic is None:
        lines = tuple(
            _line(spec)
            for spec in COMMANDS.values()
            if server_operator or not spec.for_server_operators
        )
        return r.HelpText(lines, before_login=before_login)
    if topic in _FORMS:
        return r.Confirmed(_FORMS[topic])
    name = topic.lower()
    if name in GROUPS:
        lines = tuple(_line(spec, may=True) for spec in GROUPS[name])
        return r.HelpText(lines, asked=True, before_login=before_login)
    name = name.lstrip("/!")
    spec = COMMANDS.get(name)
    if spec is None:
        near = nearest(name)
        hint = f"Did you mean /{near}?" if near else "/help lists the commands."
        return r.Refused("unknown-command", f'There is no command "{shown(name)}". {hint}')
    return r.HelpText((_line(spec, one=True, may=True),), asked=True, before_login=before_login)


def _line(spec: Spec, *, one: bool = False, may: bool = False) -> r.HelpLine:
    note = f" ({spec.who_may})" if may and spec.who_may else ""
    usage = spec.whole_usage if one else spec.usage
    return r.HelpLine(spec.name, usage, spec.help + note, _GROUP_OF.get(spec.name, ""))
