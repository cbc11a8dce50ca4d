"""What the other rooms stand on: the language, versions, checks of arguments."""
