"""What the whole program uses: time, background tasks, the watchdog, sums of log lines."""
