"""Who somebody is: passwords, and what checks them."""
