from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs
from twisted.trial.unittest import SynchronousTestCase

from tests.core.world import NOW, nick
from twisted_chat.core.api.events import Author
from twisted_chat.core.api.records import Sent
from twisted_chat.core.state import dedup
from twisted_chat.core.state.dedup import ClientIds, Shares, digest, owner_of
from twisted_chat.core.values.cloak import Cloak
from twisted_chat.core.values.ids import MessageId, Scope, UserId
from twisted_chat.core.values.limits import REMEMBERED

A, B, C = Scope("a"), Scope("b"), Scope("c")


def sent(message: int, time: float = NOW) -> Sent:
    return Sent(digest(str(message)), MessageId(message), time)


class Case(SynchronousTestCase):
    def setUp(self) -> None:
        self.client_ids = ClientIds(max_ids=3)

    def remember(self, scope: Scope, tag: str, message: int, time: float = NOW) -> None:
        self.client_ids.remember(scope, tag, sent(message, time))

    def kept(self, scope: Scope) -> list[str]:
        """The tags from "0" to "9" that are remembered."""
        return [tag for tag in "0123456789" if self.client_ids.find(scope, tag) is not None]


class IdTests(Case):
    def test_what_was_sent_is_found_and_nothing_else(self) -> None:
        self.assertIsNone(self.client_ids.find(A, "1"))
        self.remember(A, "1", 7)
        self.assertIsNone(self.client_ids.find(A, "2"))
        self.assertIsNone(self.client_ids.find(B, "1"))
        self.remember(A, "1", 7)
        self.remember(B, "1", 8)
        self.assertEqual(self.client_ids.find(A, "1"), sent(7))
        self.assertEqual(self.client_ids.find(B, "1"), sent(8))

    def test_ids_are_remembered_for_a_day(self) -> None:
        self.remember(A, "1", 7)
        self.remember(A, "2", 8, NOW + 10)
        self.client_ids.forget(NOW + REMEMBERED - 1)
        self.assertEqual(self.kept(A), ["1", "2"])
        self.client_ids.forget(NOW + REMEMBERED)
        self.assertEqual(self.kept(A), ["2"])
        self.assertEqual(self.client_ids._total, 1)

    def test_id_can_be_used_anew_after_a_day(self) -> None:
        self.remember(A, "1", 7)
        self.remember(A, "2", 8)
        self.client_ids.forget(NOW + REMEMBERED)
        self.remember(A, "1", 9, NOW + REMEMBERED)
        self.assertEqual(self.client_ids.find(A, "1"), sent(9, NOW + REMEMBERED))

    def test_id_used_anew_is_the_latest_again(self) -> None:
        self.remember(A, "1", 7)
        self.remember(A, "2", 8)
        self.remember(A, "1", 9)
        self.remember(A, "3", 10)
        self.remember(A, "4", 11)
        self.assertEqual(self.kept(A), ["1", "3", "4"])

    def test_latest_ids_of_a_scope_are_kept(self) -> None:
        for n in range(6):
            self.remember(A, str(n), n)
        self.assertEqual(self.kept(A), ["3", "4", "5"])

    def test_clocks_behind_or_far_ahead_forget_nothing(self) -> None:
        self.remember(A, "1", 7)
        self.client_ids.forget(NOW - 3600)
        self.assertEqual(self.kept(A), ["1"])
        self.remember(B, "1", 8, NOW + 40 * REMEMBERED)
        self.assertEqual((self.kept(A), self.kept(B)), (["1"], ["1"]))


class ScopeTests(Case):
    def test_scope_is_known_for_a_day_after_its_last_use(self) -> None:
        self.assertFalse(self.client_ids.known(A))
        self.client_ids.touch(A, NOW)
        self.client_ids.forget(NOW + REMEMBERED - 1)
        self.assertTrue(self.client_ids.known(A))
        self.client_ids.touch(A, NOW + 1)
        self.client_ids.forget(NOW + REMEMBERED)
        self.assertTrue(self.client_ids.known(A))
        self.client_ids.forget(NOW + REMEMBERED + 1)
        self.assertFalse(self.client_ids.known(A))

    def test_sending_is_a_use_and_a_clock_behind_purges_nothing(self) -> None:
        self.remember(A, "1", 7)
        self.assertTrue(self.client_ids.known(A))
        self.client_ids.touch(A, NOW)
        self.client_ids.touch(B, NOW - REMEMBERED)
        self.assertTrue(self.client_ids.known(A))

    def test_idle_scopes_are_forgotten_with_their_ids(self) -> None:
        self.remember(A, "1", 7)
        self.remember(B, "1", 8, NOW + 10)
        self.client_ids.touch(C, NOW + REMEMBERED + 5)
        self.client_ids.forget(NOW + REMEMBERED + 5)
        self.assertEqual([entry[0] for entry in self.client_ids.dump()], [B, C])
        self.assertFalse(self.client_ids.known(A))
        self.assertIsNone(self.client_ids.find(A, "1"))

    def test_scope_that_was_used_again_is_not_forgotten_with_others(self) -> None:
        self.client_ids.touch(A, NOW)
        self.client_ids.touch(B, NOW + 1)
        self.client_ids.touch(A, NOW + REMEMBERED)
        self.client_ids.forget(NOW + REMEMBERED + 2)
        self.assertEqual([entry[0] for entry in self.client_ids.dump()], [A])

    def test_too_many_scopes_are_purged_from_the_one_idle_longest(self) -> None:
        self.patch(dedup, "MAX_SCOPES", 2)
        for scope in (A, B, A, C):
            self.client_ids.touch(scope, NOW)
        self.assertEqual([entry[0] for entry in self.client_ids.dump()], [A, C])

    def test_too_many_ids_are_purged_by_scopes_until_they_fit(self) -> None:
        self.patch(dedup, "MAX_TOTAL", 4)
        for n in range(3):
            self.remember(A, str(n), n)
        self.remember(B, "1", 11)
        self.remember(B, "2", 12)
        self.assertEqual(self.kept(A), ["0", "1", "2"])
        self.client_ids.touch(C, NOW)
        self.assertEqual((self.kept(A), self.kept(B)), ([], ["1", "2"]))

    def test_one_purge_takes_as_many_scopes_as_needed(self) -> None:
        self.patch(dedup, "MAX_TOTAL", 3)
        for scope in (A, B):
            self.remember(scope, "1", 1)
            self.remember(scope, "2", 2)
        self.patch(dedup, "MAX_TOTAL", 1)
        self.client_ids.touch(C, NOW)
        self.assertEqual([entry[0] for entry in self.client_ids.dump()], [C])

    def test_scope_that_is_being_used_is_never_purged(self) -> None:
        self.patch(dedup, "MAX_TOTAL", 1)
        self.patch(dedup, "MAX_SCOPES", 1)
        self.remember(A, "1", 1)
        for n in range(2, 5):
            self.remember(B, str(n), n)
        self.assertEqual(self.kept(B), ["2", "3", "4"])

    @given(
        st.lists(
            st.tuples(
                st.sampled_from("abcdefg"),
                st.sampled_from("123456"),
                st.integers(0, REMEMBERED // 2),
            )
        )
    )
    def test_memory_is_bounded_and_the_latest_is_kept(
        self, uses: list[tuple[str, str, int]]
    ) -> None:
        self.patch(dedup, "MAX_SCOPES", 4)
        self.patch(dedup, "MAX_TOTAL", 6)
        kept, now = ClientIds(max_ids=3), NOW
        for scope, tag, pause in uses:
            now += pause
            kept.remember(Scope(scope), tag, sent(1, now))
            self.assertEqual(kept.find(Scope(scope), tag), sent(1, now))
            dump = kept.dump()
            self.assertLessEqual(len(dump), 4)
            # One more than the cap: room is made before an id is added.
            self.assertLessEqual(sum(len(ids) for _, _, _, ids in dump), 7)
            kept.forget(now)
            self.assertTrue(all(now - seen < REMEMBERED for _, seen, _, _ in kept.dump()))


class OwnerTests(Case):
    def setUp(self) -> None:
        super().setUp()
        self.patch(dedup, "MAX_SCOPES", 6)
        self.time = NOW

    def come(self, owner: str, *scopes: str) -> None:
        """Let sessions come, one after the other."""
        for scope in scopes:
            self.time += 1
            self.client_ids.touch(Scope(scope), self.time, owner)

    def known(self) -> str:
        return "".join(scope for scope, *_ in self.client_ids.dump())

    def test_crowd_of_guests_makes_nobody_of_another_network_be_forgotten(self) -> None:
        self.come("home", "a", "b")
        self.come("@bob", "c")
        self.come("crowd", *(f"{number}" for number in range(9)))
        self.assertEqual(self.known(), "abc678")

    def test_crowd_from_many_networks_leaves_each_as_much(self) -> None:
        self.come("home", "a", "b")
        for network in "vwxyz":
            self.come(network, network, network.upper())
        self.assertEqual(self.known(), "bVWXYZ")

    def test_guests_are_forgotten_before_accounts(self) -> None:
        self.come("@ann", "a", "b", "c")
        self.come("near", "d")
        self.come("@ann", "e", "f")
        self.come("far", "g")
        self.assertEqual(self.known(), "abcefg")

    def test_of_accounts_the_one_with_most_sessions_loses_one(self) -> None:
        self.come("@bob", "z")
        self.come("@ann", "a", "b", "c", "d", "e", "f")
        self.assertEqual(self.known(), "zbcdef")

    def test_session_that_has_logged_in_is_counted_by_its_account(self) -> None:
        self.come("near", "a", "b")
        self.come("@ann", "a")
        self.come("near", *"cdefg")
        self.assertEqual(self.known(), "acdefg")

    def test_too_many_ids_are_taken_from_who_has_most(self) -> None:
        self.patch(dedup, "MAX_TOTAL", 4)
        self.come("home", "a")
        self.remember(A, "1", 1, self.time)
        self.come("crowd", "b", "c")
        for scope in (B, C):
            self.remember(scope, "1", 2, self.time)
            self.remember(scope, "2", 3, self.time)
        self.come("home", "a")
        self.assertEqual((self.kept(A), self.kept(B), self.kept(C)), (["1"], [], ["1", "2"]))

    def test_sessions_that_were_taken_up_have_their_owners(self) -> None:
        self.client_ids.restore(
            [(A, NOW, "home"), (B, NOW + 1, "crowd"), (C, NOW + 2, "crowd")], []
        )
        self.come("crowd", "d", "e", "f", "g")
        self.assertEqual(self.known(), "acdefg")

    def test_owner_is_the_account_or_the_network_of_a_guest(self) -> None:
        cloak = Cloak(b"key")
        guest, near, far = (
            Author(UserId(1), nick("x"), A, None, cloak.of(address))
            for address in ("192.0.2.1", "192.0.2.9", "192.0.3.1")
        )
        self.assertEqual(owner_of(guest), owner_of(near))
        self.assertNotEqual(owner_of(guest), owner_of(far))
        self.assertEqual(
            owner_of(structs.replace(guest, account="ann")),
            owner_of(structs.replace(far, account="ann")),
        )

    @given(
        st.lists(
            st.tuples(
                st.sampled_from("abcdefgh"),
                st.sampled_from(["x", "y", "@z", None]),
                st.none() | st.sampled_from("1234"),
            )
        )
    )
    def test_what_is_counted_is_what_is_there(
        self, uses: list[tuple[str, str | None, str | None]]
    ) -> None:
        self.patch(dedup, "MAX_TOTAL", 5)
        kept = ClientIds(max_ids=2)
        for number, (scope, owner, tag) in enumerate(uses):
            kept.touch(Scope(scope), NOW + number, owner)
            if tag is not None:
                kept.remember(Scope(scope), tag, sent(number, NOW + number))
            dump = kept.dump()
            for each in {owner for _, _, owner, _ in dump} | {"x", "y", "@z", ""}:
                mine = [ids for _, _, owner, ids in dump if owner == each]
                scopes = kept._guests.of(each) + kept._accounts.of(each)
                self.assertEqual((scopes, kept._ids.of(each)), (len(mine), sum(map(len, mine))))


class RestoreTests(Case):
    def restored(self, *, max_ids: int = 3) -> ClientIds:
        """What another takes up of all that is here."""
        dump = self.client_ids.dump()
        ids = [
            (scope, tag, Sent(bytes.fromhex(mark), message, time))
            for scope, _, _, sent in dump
            for tag, mark, message, time in sent
        ]
        again = ClientIds(max_ids)
        again.restore(
            [(scope, seen, owner) for scope, seen, owner, _ in dump],
            sorted(ids, key=lambda each: each[2].message),
        )
        return again

    @given(
        st.lists(
            st.tuples(st.sampled_from("abc"), st.sampled_from("01234") | st.none()), max_size=20
        )
    )
    def test_what_is_taken_up_is_what_was_there(self, used: list[tuple[str, str | None]]) -> None:
        self.setUp()
        for number, (scope, tag) in enumerate(used):
            if tag is None:
                self.client_ids.touch(Scope(scope), NOW + number)
            else:
                self.remember(Scope(scope), tag, number, NOW + number)
        again = self.restored()
        self.assertEqual(again.dump(), self.client_ids.dump())
        self.assertEqual(again._total, self.client_ids._total)

    def test_limits_hold_for_what_is_taken_up(self) -> None:
        for number in range(3):
            self.remember(A, str(number), number)
        self.remember(B, "5", 5)
        self.client_ids = self.restored(max_ids=2)
        self.assertEqual((self.kept(A), self.kept(B)), (["1", "2"], ["5"]))
        self.patch(dedup, "MAX_TOTAL", 1)
        self.client_ids = self.restored()
        self.assertEqual((self.kept(A), self.kept(B)), ([], ["5"]))

    def test_id_is_a_use_of_a_scope_that_was_not_seen_since(self) -> None:
        self.client_ids.restore(
            [(A, NOW - 50, "")], [(B, "1", sent(1, NOW - 60)), (A, "2", sent(2, NOW))]
        )
        self.assertEqual(
            [(scope, seen) for scope, seen, _, _ in self.client_ids.dump()],
            [(B, NOW - 60), (A, NOW)],
        )

    def test_nothing_to_take_up_is_no_fault_and_an_early_clock_none_either(self) -> None:
        self.client_ids.restore([], [])
        self.assertEqual(self.client_ids.dump(), [])
        self.client_ids.restore([(A, NOW, ""), (B, NOW + 10 * REMEMBERED, "")], [(A, "1", sent(1))])
        self.assertEqual(self.kept(A), ["1"])


class DumpTests(Case):
    def test_dump_tells_all_that_decides_what_is_remembered(self) -> None:
        self.remember(A, "1", 7)
        self.client_ids.touch(B, NOW + 5)
        self.assertEqual(
            self.client_ids.dump(),
            [(A, NOW, "", [("1", digest("7").hex(), 7, NOW)]), (B, NOW + 5, "", [])],
        )

    def test_order_of_forgetting_shows(self) -> None:
        other = ClientIds(max_ids=3)
        for scope in (A, B):
            self.client_ids.touch(scope, NOW)
        for scope in (B, A):
            other.touch(scope, NOW)
        self.assertNotEqual(self.client_ids.dump(), other.dump())


class DigestTests(SynchronousTestCase):
    def test_same_content_has_the_same_digest_everywhere(self) -> None:
        self.assertEqual(digest("say", "lobby", "h\u00e4").hex(), "b88d645246370dff")

    def test_other_content_has_another(self) -> None:
        some = [
            digest(*parts)
            for parts in (
                ("a", "b"),
                ("ab",),
                ("a", "b", ""),
                ("", "a", "b"),
                ("b", "a"),
                ("a", "B"),
            )
        ]
        self.assertEqual(len(set(some)), len(some))


class SharesTests(SynchronousTestCase):
    def test_the_largest_is_who_came_to_it_first(self) -> None:
        shares = Shares()
        self.assertFalse(shares)
        for name in "abba":
            shares.add(name, 1)
        self.assertEqual(shares.largest(), "b")
        shares.add("b", -1)
        self.assertEqual(shares.largest(), "a")

    def test_who_has_nothing_is_forgotten(self) -> None:
        shares = Shares()
        shares.add("a", 3)
        shares.add("a", -3)
        self.assertFalse(shares)
        self.assertEqual((shares._sizes, dict(shares._by_size)), ({}, {}))

    @given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(-3, 5))))
    def test_largest_is_never_less_than_another(self, changes: list[tuple[str, int]]) -> None:
        shares, plain = Shares(), dict.fromkeys("abc", 0)
        for name, much in changes:
            much = max(much, -plain[name])
            shares.add(name, much)
            plain[name] += much
            self.assertEqual([shares.of(each) for each in plain], list(plain.values()))
            if shares:
                self.assertEqual(shares.of(shares.largest()), max(plain.values()))
