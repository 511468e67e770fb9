"""Run irctest, the public conformance suite of IRC servers, against our IRC door.

    python -m tests.irc FOLDER [--jobs N] [--update] [pytest's arguments]

FOLDER is a checkout of https://github.com/progval/irctest at the commit below; $IRCTEST names it as well. Prints how many tests
pass, and fails if one of those in passing.txt, which passed before, does not. --update writes that list anew. With arguments of
pytest's, such as "-k whois", only those tests run, and the list is not looked at.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

#: The commit of the suite whose tests the list is of.
COMMIT = "b00c0397"
#: Which tests an ordinary server is held against.
SELECTION = "not implementation-specific and not deprecated and not strict"
PASSING = Path(__file__).with_name("passing.txt")
_ROOT = Path(__file__).parents[2]


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="python -m tests.irc",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument(
        "folder", nargs="?", default=os.environ.get("IRCTEST"), help="a checkout of irctest"
    )
    top.add_argument("--jobs", type=int, default=2, help="how many tests run at once (default: 2)")
    top.add_argument("--update", action="store_true", help="write the list of tests that pass")
    return top


def main(arguments: Sequence[str]) -> int:
    """Run the suite; return 0 if all tests pass that passed before, else 1; 2 if there is no suite."""
    given, pytest = parser().parse_known_args(arguments)
    if given.folder is None or not (Path(given.folder) / "irctest").is_dir():
        print(
            f"no irctest here: clone https://github.com/progval/irctest ({COMMIT}) and name its folder"
        )
        return 2
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        subprocess.run(
            [
                *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"),
                *("-p", "no:randomly", "-p", "no:pytest_twisted"),
                *("--controller", "tests.irc.controller", f"--junit-xml={report}"),
                *(f"-n{given.jobs}", "-m", SELECTION, "--tb=short", *pytest),
            ],
            cwd=given.folder,
            env={**os.environ, "PYTHONPATH": str(_ROOT)},
            check=False,
        )
        if not report.exists():
            print(
                "pytest could not run: see above; the extras test, dev and irctest have to be installed"
            )
            return 2
        passed, failed, skipped = outcomes(report)
    print(f"{len(passed)} pass, {len(failed)} fail, {len(skipped)} are skipped")
    if pytest:
        return 1 if failed else 0
    before = set(PASSING.read_text("utf-8").splitlines()) if PASSING.exists() else set()
    if given.update:
        PASSING.write_text("".join(f"{name}\n" for name in sorted(passed)), "utf-8")
    lost = sorted(before - passed)
    for name in lost:
        print(f"passed before, and does not any more: {name}")
    return 1 if lost else 0


def outcomes(report: Path) -> tuple[set[str], set[str], set[str]]:
    """Return the names of the tests that passed, failed and were skipped, as pytest reported them."""
    passed, failed, skipped = set(), set(), set()
    for case in ElementTree.parse(report).iter("testcase"):
        name = (
            f"{case.get('classname', '').removeprefix('irctest.server_tests.')}.{case.get('name')}"
        )
        kinds = {child.tag for child in case}
        if kinds & {"failure", "error"}:
            failed.add(name)
        elif "skipped" in kinds:
            skipped.add(name)
        else:
            passed.add(name)
    return passed, failed, skipped


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
