"""Managing the accounts of a server that is not running."""
