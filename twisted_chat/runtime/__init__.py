"""What the whole program runs on: time, background tasks, the watchdog, sums of log lines."""
