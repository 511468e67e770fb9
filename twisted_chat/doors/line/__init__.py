"""The line door: people with nc and telnet, and programs that speak JSON lines, on one port."""
