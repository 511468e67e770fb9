"""The public conformance suite progval/irctest, held against our IRC door: see :mod:`tests.irc.__main__`."""
