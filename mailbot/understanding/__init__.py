"""Danish: what a message wants and who it is about, each finding with its evidence."""
