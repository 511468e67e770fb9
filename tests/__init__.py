"""The tests: one module for each module of the package, and whole visits in ``scenarios``.

``HYPOTHESIS_PROFILE`` says how long property tests look: ``default``, ``fuzz`` (twenty times as long), ``long``.
"""

import os

from hypothesis import HealthCheck, settings

# No deadline: a slow machine is no fault of the code. ``differing_executors``: trial and pytest run the same classes.
settings.register_profile(
    "default",
    deadline=None,
    max_examples=50,
    suppress_health_check=[HealthCheck.differing_executors],
)
settings.register_profile("fuzz", settings.get_profile("default"), max_examples=1_000)
settings.register_profile("long", settings.get_profile("default"), max_examples=20_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
