"""Is a gateway ready to take money? One function a check, in a table; `payments.golive` adds what only it can know."""
