"""What lies between connections and hub: the ports, and the plain values that pass through them."""
