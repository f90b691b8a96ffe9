"""A believable site that nobody made: people, a year of conversations, and what every call cost. For measuring."""
