"""Real mail servers for the tests, each a private process of an ordinary user on free ports of the loopback interface."""
