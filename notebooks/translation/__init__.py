"""How the lessons are translated; `notebooks/translate.py` is the command."""
