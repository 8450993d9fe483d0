"""Speed against the field: each row has its alternative beside it in the same run."""
