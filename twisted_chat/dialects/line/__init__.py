"""The line dialect: what people type and read with nc and telnet."""
