"""The whole way on one machine, shown: calls are recorded, archived, proven and released while you watch."""
