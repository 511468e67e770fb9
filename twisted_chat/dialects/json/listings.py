"""What the JSON dialect answers about people and rooms, and about people who have left."""

from __future__ import annotations

from typing import Any

import msgspec

from twisted_chat.core.api import replies as r
from twisted_chat.core.values.names import Nick, RoomName
from twisted_chat.dialects.json.values import nick_texts
from twisted_chat.dialects.schema import answers as s
from twisted_chat.dialects.schema.base import Answer, moment
from twisted_chat.dialects.wording import replies as say
from twisted_chat.dialects.wording.events import user_changed
from twisted_chat.dialects.wording.words import one_line


def listing(reply: r.AnyListing) -> Answer:
    """Return the object of a reply about people or rooms."""
    match reply:
        case r.People():
            return s.Who(
                content=_people_text(reply),
                users=tuple(map(_person, reply.people)),
                count=reply.count,
                page=reply.page,
                pages=reply.pages,
                room=text_of(reply.room),
            )
        case r.Rooms():
            return s.Listing(content=_rooms_text(reply), **_rooms(reply))
        case r.Overview(rooms=rooms, people=people):
            return s.Overview(
                content=f"{_rooms_text(rooms)}\n{_people_text(people)}",
                users=tuple(map(_person, people.people)),
                user_count=people.count,
                user_page=people.page,
                user_pages=people.pages,
                **_rooms(rooms),
            )
        case r.Profile():
            return s.Profile(
                content=reply.nick.text,
                nick=reply.nick.text,
                account=reply.account,
                guest=reply.account is None,
                rooms=tuple(room.text for room in reply.rooms),
                since=moment(reply.since),
                idle=round(reply.idle),
                away=reply.away,
                host=reply.host,
                server_operator=reply.operator,
                addresses=reply.addresses,
                user_name=reply.user_name,
                real_name=reply.real_name,
                bot=reply.bot,
            )
        case r.WasHere(name=name, ago=ago):
            content = say.was_here(
                name, ago, say.gone(reply.user_name, reply.host, reply.real_name)
            )
            return s.Whois(content=content, here=False, **_gone(reply))
        case r.WereHere(nick=nick, users=users):
            gone = [
                (each.ago, say.gone(each.user_name, each.host, each.real_name)) for each in users
            ]
            return s.Whowas(
                content="\n".join(say.were_here(nick.text, gone)),
                nick=nick.text,
                users=tuple(s.Departed(**_gone(each)) for each in users),
            )
        case r.Yourself(nick=nick, settings=settings, operator=operator):
            return s.Self(
                content=user_changed(settings),
                nick=nick.text,
                settings=dict(settings),
                server_operator=operator,
            )
        case r.Counts():
            counts = msgspec.structs.asdict(reply)
            return s.Counts(content=say.counts(**counts), **counts)
        case r.Watched(
            here=here, gone=gone, refused=refused
        ):  # pragma: no branch (mypy sees a missing case)
            gone_names, refused_names = nick_texts(gone), nick_texts(refused)
            here_names = nick_texts([each.nick for each in here])
            return s.Watched(
                content=" ".join(say.watched(here_names, gone_names, refused_names)),
                here=tuple(
                    s.WatchedPerson(
                        nick=each.nick.text,
                        account=each.account,
                        real_name=each.real_name,
                        bot=each.bot,
                    )
                    for each in here
                ),
                gone=gone_names,
                refused=refused_names,
            )


def text_of(name: Nick | RoomName | None) -> str | None:
    return None if name is None else name.text


def _gone(reply: r.WasHere) -> dict[str, Any]:
    """Answer about a user who has left."""
    return {
        "nick": reply.name,
        "account": reply.account,
        "user_name": reply.user_name,
        "host": reply.host,
        "real_name": reply.real_name,
        "seen": moment(reply.time),
        "ago": round(reply.ago),
    }


def _people_text(reply: r.People) -> str:
    """List the people on a page in one text, for programs that show their users only the content of an object."""
    room = None if reply.room is None else str(reply.room)
    names = ", ".join([each.nick.text for each in reply.people])
    return one_line([say.people(reply.count, room), names])


def _person(person: r.Person) -> s.Person:
    return s.Person(
        nick=person.nick.text,
        away=person.away,
        account=person.account,
        guest=person.account is None,
        operator=person.operator,
        roles=person.roles,
        idle=round(person.idle),
        scope=person.scope,
        real_name=person.real_name,
        bot=person.bot,
        server_operator=person.server_operator,
    )


def _rooms_text(reply: r.Rooms) -> str:
    names = ", ".join([f"{each.name} ({each.count})" for each in reply.rooms])
    return one_line([say.rooms(reply.count), names])


def _rooms(reply: r.Rooms) -> dict[str, Any]:
    rooms = tuple(
        s.RoomLine(room=room.name.text, count=room.count, topic=room.topic, locked=room.locked)
        for room in reply.rooms
    )
    return {"rooms": rooms, "count": reply.count, "page": reply.page, "pages": reply.pages}
